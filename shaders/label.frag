// Draws letters with a halo from a map of distances to their outlines.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vUv;
flat in float vStyle;
flat in float vSoft;
uniform sampler2D letters;

void main() {
  float d = texture(letters, vUv).r - 0.5;
  float body = smoothstep(-vSoft, vSoft, d);
  float halo = smoothstep(-vSoft, vSoft, d + uHalo);
  if (halo < 0.02) discard;
  vec3 ink = vStyle < 0.5 ? uInkDistrict : vStyle < 1.5 ? uInkWater : vStyle < 2.5 ? uInkPark : uInk;
  float alpha = body + 0.82 * halo * (1.0 - body);
  vec3 colour = mix(uHaloColour, ink, body / max(alpha, 1e-3));
  gl_FragData[0] = vec4(colour, alpha * uAlpha);
}
