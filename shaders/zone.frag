// Colours zones as a translucent drape over the ground; selection and hover lighten or accent it.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in float vKind;
in float vLight;
in vec3 vAt;
//#include scene.glsl
//#include data.glsl

void main() {
  float mark = markOf(vKind);
  vec4 data = dataColour(vKind);
  vec3 shade = shadeAt(vAt.xy);
  float light = mix(1.0 - uShadeDepth * 0.35, 1.0, (1.0 - shade.b));
  float alpha = data.a * uOpacity * 0.8;
  vec3 colour = data.rgb * light;
  float over = max(0.35 * hovered(vKind), mark > 0.5 ? 0.45 : 0.0);
  colour = mix(colour, mark > 0.5 ? uAccent : uHoverColour, over / max(over + alpha * (1.0 - over), 1e-3));
  alpha = alpha + over * (1.0 - alpha);
  if (alpha < 0.004) discard;
  gl_FragData[0] = vec4(hazed(colour, vAt), alpha);
}
