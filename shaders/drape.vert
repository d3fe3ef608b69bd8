// Lays a grid or a picture on the terrain: the terrain's own triangles, a hair nearer.
//VTK::System::Dec
in vec4 vertexMC;
in float light;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
out vec2 vAt;
out vec4 vPlace;

void main() {
  vAt = vertexMC.xy;
  gl_Position = MCDCMatrix * vertexMC;
  vPlace = vec4(shadeUv(vertexMC.xy), light, hazeAt(vertexMC.xyz, gl_Position.w));
  gl_Position.z -= uBias * uOrder;
}
