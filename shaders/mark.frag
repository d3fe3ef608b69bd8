// Colours symbols: a disc (places, measured points), a square (schools), with a rim; values, selection.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vCorner;
flat in float vRow;
flat in float vStyle;
flat in float vRadius;
//#include data.glsl

void main() {
  float mark = markOf(vRow);
  if (mark > 1.5) discard;
  vec2 q = abs(vCorner) - vec2(vRadius * 0.62);
  float square = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - vRadius * 0.25;
  float d = vStyle > 0.5 ? square : length(vCorner) - vRadius;
  float inside = 1.0 - smoothstep(-0.5, 0.8, d);
  if (inside < 0.02) discard;
  vec4 data = dataColour(vRow);
  vec3 colour = mix(uPainted > 0.5 ? uUnknown : uSymbol, data.rgb, data.a);
  colour = mix(colour, uHoverColour, 0.6 * hovered(vRow));
  if (mark > 0.5) colour = uAccent;
  float rim = smoothstep(-1.2 * uScale - 0.7, -1.2 * uScale + 0.3, d);
  colour = mix(colour, uRim, rim);
  gl_FragData[0] = vec4(colour, inside * uAlpha * mix(1.0, uOpacity, uPainted));
}
