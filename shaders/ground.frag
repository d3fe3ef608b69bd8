// Colours terrain, ground cover, quays and barriers; water mirrors the sky towards the horizon.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in float vKind;
in float vLight;
in vec3 vAt;
//#include scene.glsl

void main() {
  vec3 colour = tintOf(vKind);
  float light = mix(1.0, vLight, uRelief);
  vec3 shade = shadeAt(vAt.xy);
  light *= mix(1.0 - uShadeDepth * 0.62, 1.0, (1.0 - shade.b)) * openAt(shade, 0.0);
  if (uWater > 0.5) {
    vec3 to = normalize(uEye - vAt);
    float slant = pow(1.0 - clamp(abs(to.z), 0.0, 1.0), 3.0) * uPerspective;
    colour = mix(colour, mix(uSky, uHorizon, 0.5), 0.55 * slant);
    light = mix(1.0, light, 0.5);
  }
  gl_FragData[0] = vec4(hazed(colour * light, vAt), uAlpha);
}
