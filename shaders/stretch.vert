// A sheet over the whole window.
//VTK::System::Dec
in vec4 vertexMC;
//VTK::CustomUniforms::Dec
out vec2 vUv;

void main() {
  vec2 corner = sign(vertexMC.xy);
  vUv = 0.5 + 0.5 * corner;
  gl_Position = vec4(corner, 0.0, 1.0);
}
