// Light, shadow and haze that all surfaces share.
uniform sampler2D shadeMap;
uniform sampler2D tints;

const float HEIGHT_STEP = 0.5 * 255.0;

vec3 shadeAt(vec2 at) {
  vec2 uv = (at - uShadeFrame.xy) * uShadeFrame.zw;
  vec2 inside = step(vec2(0.0), uv) * step(uv, vec2(1.0));
  return texture(shadeMap, uv).rgb * inside.x * inside.y;
}

// 1 in the light, 0 in a cast shadow, soft between.
float litAt(vec3 shade, float above) {
  return 1.0 - smoothstep(0.3, 2.0, shade.g * HEIGHT_STEP - above);
}

// How much the sky is hidden by what stands around, fading with the height above ground.
float openAt(vec3 shade, float above) {
  return 1.0 - uShadeDepth * 0.9 * shade.r * exp(-above / 14.0);
}

vec3 hazed(vec3 colour, vec3 at) {
  vec2 beyond = max(abs(at.xy - uFrame.xy) - uFrame.zw, vec2(0.0));
  float far = smoothstep(0.0, uHaze, length(beyond));
  float thin = 0.20 * (1.0 - exp(-distance(at, uEye) / (uHaze * 8.0))) * uPerspective;
  return mix(mix(colour, uHorizon, thin), uHorizon, far);
}

vec3 tintOf(float kind) {
  return texelFetch(tints, ivec2(int(kind + 0.5), 0), 0).rgb;
}
