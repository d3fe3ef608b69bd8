// Draws buildings far away while the camera moves: their colour where they stand, from a raster of their rows.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vAt;
in vec4 vPlace;
uniform sampler2D siteplan;
//#include data.glsl

void main() {
  if (uPoint / gl_FragCoord.w < 2.0) discard;  // near ones are drawn as they are
  vec2 uv = (vAt - uPlanFrame.xy) * uPlanFrame.zw;
  if (any(lessThan(uv, vec2(0.0))) || any(greaterThanEqual(uv, vec2(1.0)))) discard;
  vec3 id = floor(texelFetch(siteplan, ivec2(uv * vec2(textureSize(siteplan, 0))), 0).rgb * 255.0 + 0.5);
  float row = dot(id, vec3(1.0, 256.0, 65536.0)) - 1.0;
  if (row < -0.5) discard;
  float mark = markOf(row);
  if (mark > 1.5) discard;
  vec4 data = dataColour(row);
  float known = step(0.9, data.a);
  vec3 colour = mix(uWall, uRoof, 0.72) * (0.985 + 0.03 * fract(row * 0.618034));
  if (uPainted > 0.5) colour = mix(mix(colour, uUnknown, 0.6), data.rgb, known * uOpacity);
  if (mark > 0.5) colour = mix(colour, uAccent, known > 0.5 ? 0.3 : 0.82);
  // Roofs in the sun and walls in the shade, as they mix from afar.
  gl_FragData[0] = vec4(mix(colour * 0.93, uHorizon, vPlace.w), uAlpha);
}
