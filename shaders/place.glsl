// What every vertex of the city needs: haze by its place, where it lies in the shade map, its kind's colour.
uniform sampler2D tints;

float hazeAt(vec3 at, float w) {
  vec2 beyond = max(abs(at.xy - uFrame.xy) - uFrame.zw, vec2(0.0));
  float far = smoothstep(0.0, uHaze, length(beyond));
  float thin = 0.20 * uPerspective * w / (w + uHaze * 5.0);
  return max(far, thin);
}

vec2 shadeUv(vec2 at) {
  return (at - uShadeFrame.xy) * uShadeFrame.zw;
}

vec3 tintOf(float kind) {
  return texelFetch(tints, ivec2(int(kind + 0.5), 0), 0).rgb;
}
