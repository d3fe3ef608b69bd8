// Colours the edges of buildings.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec4 vColour;
in vec3 vAt;
//#include section.glsl

void main() {
  if (cutAway(vAt)) discard;
  gl_FragData[0] = vColour;
}
