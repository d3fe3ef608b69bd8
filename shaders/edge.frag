// Colours the edges of buildings.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec4 vColour;

void main() {
  gl_FragData[0] = vColour;
}
