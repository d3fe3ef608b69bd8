// The frame drawn in fewer pixels, as large as the window.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vUv;
uniform sampler2D frame;

void main() {
  gl_FragData[0] = vec4(texture(frame, vUv).rgb, 1.0);
}
