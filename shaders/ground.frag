// Colours terrain, ground cover, quays and barriers; water mirrors the sky towards the horizon.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec3 vColour;
flat in float vRow;
in vec4 vPlace;
in float vSlant;
//#include light.glsl

void main() {
  float light = vPlace.z * groundLight(vPlace.xy);
  vec3 colour = vColour;
  if (uWater > 0.5) {
    colour = mix(colour, mix(uSky, uHorizon, 0.5), 0.55 * vSlant);
    light = 0.5 + 0.5 * light;
  }
  gl_FragData[0] = vec4(mix(colour * light, uHorizon, vPlace.w), uAlpha);
}
