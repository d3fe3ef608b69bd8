// Colours lines by value, smooth at their edges, with dashes that move where something flows.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec4 vData;
flat in vec2 vFlow;
in vec2 vRun;
in vec3 vEdge;
//#include flow.glsl

void main() {
  float alpha = 1.0 - smoothstep(vEdge.y - 0.6, vEdge.y + 0.6, abs(vEdge.x));
  if (alpha < 0.02) discard;
  vec3 colour = vData.rgb;
  if (vData.a < 0.9) alpha *= step(0.5, fract(vRun.x / max(12.0 * vFlow.y, 1e-3)));
  if (uFlowing > 0.5 && abs(vFlow.x) > 1e-4) colour = mix(colour, uGleam, 0.6 * flowAt(vRun.x, vFlow.x, vFlow.y));
  gl_FragData[0] = vec4(mix(colour, uHorizon, 0.7 * vEdge.z), alpha * uOpacity * uAlpha);
}
