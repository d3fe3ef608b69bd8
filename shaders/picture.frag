// Paints a georeferenced picture on the ground.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vAt;
in vec4 vPlace;
uniform sampler2D whole;
uniform sampler2D piece;
//#include light.glsl

void main() {
  vec2 uv = (vAt - uPictureFrame.xy) * uPictureFrame.zw;
  vec2 near = (vAt - uPieceFrame.xy) * uPieceFrame.zw;
  if (any(lessThan(uv, vec2(0.0))) || any(greaterThan(uv, vec2(1.0)))) discard;
  bool inside = all(greaterThan(near, vec2(0.002))) && all(lessThan(near, vec2(0.998)));
  vec4 colour = inside ? texture(piece, near) : texture(whole, uv);
  float light = 0.6 + 0.4 * vPlace.z * groundLight(vPlace.xy);
  if (colour.a < 0.01) discard;
  gl_FragData[0] = vec4(mix(colour.rgb * light, uHorizon, vPlace.w), colour.a * uOpacity);
}
