// Draws lines as thick on the screen as they are told to be, in width by a second value, with arrows.
//VTK::System::Dec
in vec4 vertexMC;
in vec3 other;
in vec4 look;
in vec2 run;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
uniform sampler2D measures;
flat out vec4 vData;
flat out vec2 vFlow;
out vec2 vRun;
out vec3 vEdge;

void main() {
  const float NEAR = 0.05;
  vec4 p = MCDCMatrix * vertexMC, q = MCDCMatrix * vec4(other, 1.0);
  bool behind = p.w < NEAR && q.w < NEAR;
  if (p.w < NEAR && q.w >= NEAR) p = mix(p, q, (NEAR - p.w) / (q.w - p.w));
  else if (q.w < NEAR && p.w >= NEAR) q = mix(q, p, (NEAR - q.w) / (p.w - q.w));
  float ahead = look.z;
  vec2 d = (q.xy / q.w - p.xy / p.w) * uWindow * 0.5 * ahead;
  vec2 way = dot(d, d) > 1e-8 ? normalize(d) : vec2(1.0, 0.0);
  vec4 measure = texelFetch(measures, uSized > 0.5 || uFlowing > 0.5 ? cellOf(look.x) : ivec2(0), 0);
  float width = uSize.x;
  if (uSized > 0.5) width = mix(uSize.x, uSize.y, measure.r);
  float half_ = 0.5 * max(width, 1.0) * uScale;
  float reach = half_ + 1.0;
  vec2 offset = vec2(-way.y, way.x) * look.y * reach;
  if (look.w > 0.5) {  // an arrow: its base wide and behind the point, its tip on it
    float wing = max(2.2 * half_, 4.0 * uScale);
    float base = look.w < 1.5 ? 1.0 : 0.0;
    offset = vec2(-way.y, way.x) * look.y * wing * base - way * base * 2.2 * wing;
    half_ = wing;
    reach = 0.0;
  } else {
    offset -= way * ahead * min(half_, 2.0);
  }
  p.xy += offset * 2.0 / uWindow * p.w;
  vData = uFlat > 0.5 ? vec4(uFlatColour, 1.0) : dataColour(look.x);
  if (uFlat < 0.5) {
    float mark = markOf(look.x);
    vData.rgb = mix(vData.rgb, mark > 0.5 ? uAccent : uHoverColour, mark > 0.5 ? 1.0 : 0.6 * hovered(look.x));
  }
  vFlow = vec2(measure.g, uPoint * p.w);
  vRun = run;
  vEdge = vec3(look.y * reach, half_, hazeAt(vertexMC.xyz, p.w));
  p.z -= uBias * uOrder;
  if (uThrough > 0.5) p.z = -0.999 * p.w;
  gl_Position = p;
  if (behind || vData.a < 0.01) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
