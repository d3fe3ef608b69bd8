// Baked light: red = how crowded, green = how high shadows reach, blue = dark ground.
uniform sampler2D shadeMap;

const float HEIGHT_STEP = 0.5 * 255.0;

// 1 in the light, 0 in a cast shadow, soft between.
float litAt(vec3 shade, float above) {
  return 1.0 - clamp((shade.g * HEIGHT_STEP - above - 0.3) * 0.6, 0.0, 1.0);
}

// Light on the ground.
float groundLight(vec2 uv) {
  vec3 shade = texture(shadeMap, uv).rgb;
  return (1.0 - uShadeDepth * 0.62 * shade.b) * (1.0 - uShadeDepth * 0.9 * shade.r);
}
