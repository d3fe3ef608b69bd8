// Colours zones as a translucent drape over the ground; selection and hover lighten or accent it.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec3 vColour;
flat in float vRow;
in vec4 vPlace;
in float vSlant;
//#include light.glsl
//#include data.glsl
//#include hatch.glsl

void main() {
  float mark = markOf(vRow);
  vec4 data = dataColour(vRow);
  float light = 0.4 + 0.6 * groundLight(vPlace.xy);
  float alpha = data.a * uOpacity * 0.8;
  if (data.a > 0.1 && data.a < 0.9) {
    vec2 at = vPlace.xy / uShadeFrame.zw + uShadeFrame.xy;
    data.rgb = mix(data.rgb, uInk, 0.45 * stripesAt(at.x + at.y, hatchPeriod(uPix / gl_FragCoord.w), fwidth(at.x + at.y)));
    alpha = 0.62 * uOpacity;
  }
  vec3 colour = data.rgb * light;
  float over = max(0.35 * hovered(vRow), mark > 0.5 ? 0.45 : 0.0);
  colour = mix(colour, mark > 0.5 ? uAccent : uHoverColour, over / max(over + alpha * (1.0 - over), 1e-3));
  alpha = alpha + over * (1.0 - alpha);
  if (alpha < 0.004) discard;
  gl_FragData[0] = vec4(mix(colour, uHorizon, vPlace.w), alpha);
}
