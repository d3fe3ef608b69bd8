// Places the edges of buildings a little nearer than their faces.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 body;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
flat out float vRow;
out vec3 vAt;
out float vPixel;

void main() {
  vRow = body.x;
  vAt = vertexMC.xyz;
  gl_Position = MCDCMatrix * vertexMC;
  vPixel = uPix * gl_Position.w;
  gl_Position.z -= uBias * 14.0;
}
