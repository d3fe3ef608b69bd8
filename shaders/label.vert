// Places letters on the screen; names of streets turn along their street and never stand on their head.
//VTK::System::Dec
in vec4 vertexMC;
in vec3 along;
in vec4 glyph;
in vec2 style;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
out vec2 vUv;
flat out float vStyle;
flat out float vSoft;

void main() {
  vec4 at = MCDCMatrix * vertexMC;
  vec2 turn = vec2(1.0, 0.0);
  if (dot(along, along) > 0.0) {
    vec4 ahead = MCDCMatrix * (vertexMC + vec4(along * 0.02 * uPix * at.w * 100.0, 0.0));
    vec2 d = (ahead.xy / ahead.w - at.xy / at.w) * uWindow;
    if (dot(d, d) > 1e-12) turn = normalize(d);
    if (turn.x < 0.0) turn = -turn;
  }
  vec2 offset = turn * glyph.x + vec2(-turn.y, turn.x) * glyph.y;
  at.xy += offset * 2.0 / uWindow * at.w;
  at.z = -0.9999 * at.w;
  vUv = glyph.zw;
  vStyle = style.x;
  vSoft = style.y;
  gl_Position = at;
}
