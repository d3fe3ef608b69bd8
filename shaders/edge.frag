// Colours the edges of buildings; fades them out with the distance, accents what is selected.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in float vRow;
in vec3 vAt;
in float vPixel;
//#include scene.glsl
//#include data.glsl

void main() {
  float mark = markOf(vRow);
  if (mark > 1.5) discard;
  float chosen = max(mark > 0.5 ? 1.0 : 0.0, 0.7 * hovered(vRow));
  float strength = uEdge * (1.0 - smoothstep(uEdgeFade * 0.25, uEdgeFade, vPixel));
  float alpha = max(strength, chosen) * uAlpha;
  if (alpha < 0.02) discard;
  gl_FragData[0] = vec4(hazed(mix(uEdgeColour, uAccent * 0.75, chosen), vAt), alpha);
}
