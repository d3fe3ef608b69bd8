// Places terrain, ground cover and walls; each kind of cover lies a hair nearer than what is under it.
//VTK::System::Dec
in vec4 vertexMC;
in float light;
in float kind;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
flat out float vKind;
out float vLight;
out vec3 vAt;

void main() {
  vKind = kind;
  vLight = light;
  vAt = vertexMC.xyz;
  gl_Position = MCDCMatrix * vertexMC;
  gl_Position.z -= uBias * uOrder;
}
