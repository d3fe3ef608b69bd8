// Colours façade receivers by value, a thin line between storeys when near.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec4 vData;
flat in float vLight;
in vec2 vFace;
in vec4 vPlace;
//#include hatch.glsl
//#include section.glsl

void main() {
  if (cutAway(vPlace.xyz)) discard;
  float pixel = uPix / gl_FragCoord.w;
  vec3 colour = vData.rgb;
  if (vData.a < 0.9) colour = mix(colour, uInk, 0.4 * stripesAt(vPlace.x + vPlace.y + vPlace.z, hatchPeriod(pixel), fwidth(vPlace.x + vPlace.y + vPlace.z)));
  vec2 edge = min(vFace, 1.0 - vFace) / max(fwidth(vFace), vec2(1e-5));
  float line = 1.0 - smoothstep(0.0, 1.2, min(edge.x, edge.y));
  float near = 1.0 - smoothstep(0.08, 0.22, pixel);
  float light = vLight * (1.0 - 0.16 * line * near);
  gl_FragData[0] = vec4(mix(colour * light, uHorizon, vPlace.w), uOpacity);
}
