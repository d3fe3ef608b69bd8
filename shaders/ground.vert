// Places terrain, ground cover and walls; each kind of cover lies a hair nearer than what is under it.
//VTK::System::Dec
in vec4 vertexMC;
in float light;
in float kind;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
flat out vec3 vColour;
flat out float vRow;
out vec4 vPlace;
out float vSlant;

void main() {
  vRow = kind;
  vColour = tintOf(kind);
  gl_Position = MCDCMatrix * vertexMC;
  vPlace = vec4(shadeUv(vertexMC.xy), light, hazeAt(vertexMC.xyz, gl_Position.w));
  float steep = clamp((uEye.z - vertexMC.z) / max(distance(uEye, vertexMC.xyz), 1.0), 0.0, 1.0);
  vSlant = uPerspective * (1.0 - steep) * (1.0 - steep) * (1.0 - steep);
  gl_Position.z -= uBias * uOrder;
}
