// Colours streets, paths and borders; tunnels dashed, steps hatched, values, selection.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in float vRow;
flat in float vKind;
flat in float vPattern;
in float vAlong;
in float vLight;
in float vPixel;
in vec3 vAt;
//#include scene.glsl
//#include data.glsl

void main() {
  float mark = markOf(vRow);
  vec3 colour = uFlat > 0.5 ? uFlatColour : tintOf(vKind);
  float alpha = uAlpha;
  if (vPattern > 0.5 && vPattern < 1.5) {
    float dash = max(8.0, 7.0 * vPixel);
    if (fract(vAlong / dash) > 0.55) discard;
  }
  if (vPattern > 1.5) {
    float stripe = abs(fract(vAlong / 1.1) - 0.5) * 2.0;
    float clear = 1.0 - smoothstep(0.15, 0.5, vPixel);
    colour = mix(colour, tintOf(12.0), clear * step(0.45, stripe));
  }
  vec3 shade = shadeAt(vAt.xy);
  float light = mix(1.0, vLight, uRelief);
  light *= mix(1.0 - uShadeDepth * 0.62, 1.0, (1.0 - shade.b)) * openAt(shade, 0.0);
  if (uData > 0.5) {
    vec4 data = dataColour(vRow);
    colour = mix(colour, data.rgb, data.a * uOpacity);
    light = mix(light, 0.5 + 0.5 * light, data.a);
    colour = mix(colour, uHoverColour, 0.75 * hovered(vRow));
    if (mark > 0.5) colour = uAccent;
  }
  gl_FragData[0] = vec4(hazed(colour * light, vAt), alpha);
}
