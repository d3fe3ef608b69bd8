// A sheet behind everything.
//VTK::System::Dec
in vec4 vertexMC;
//VTK::CustomUniforms::Dec
out vec2 vPlace;

void main() {
  vPlace = sign(vertexMC.xy);
  gl_Position = vec4(vPlace, 0.99999, 1.0);
}
