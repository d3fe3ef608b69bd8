// Baked light: red = how crowded, green = how high shadows reach, blue = dark ground; finer where the eye rests.
uniform sampler2D shadeMap;
uniform sampler2D nearMap;

const float HEIGHT_STEP = 0.5 * 255.0;

// What the maps say at a place of the coarse one.
vec3 shadeAt(vec2 uv) {
  vec2 near = (uv / uShadeFrame.zw + uShadeFrame.xy - uNearFrame.xy) * uNearFrame.zw;
  vec2 edge = min(near, 1.0 - near);
  float weight = smoothstep(0.0, 0.04, min(edge.x, edge.y));
  if (weight <= 0.0) return texture(shadeMap, uv).rgb;
  vec3 fine = texture(nearMap, near).rgb;
  return weight < 1.0 ? mix(texture(shadeMap, uv).rgb, fine, weight) : fine;
}

// 1 in the light, 0 in a cast shadow, soft between.
float litAt(vec3 shade, float above) {
  return 1.0 - clamp((shade.g * HEIGHT_STEP - above - 0.3) * 0.6, 0.0, 1.0);
}

// Light on the ground.
float groundLight(vec2 uv) {
  vec2 at = uv / uShadeFrame.zw + uShadeFrame.xy;
  if (uSection > 0.5 && dot(vec3(at, 0.0), uPlane.xyz) > uPlane.w) return mix(0.66, 1.0, uDay);  // nothing stands there
  vec3 shade = shadeAt(uv);
  return (1.0 - uShadeDepth * uCast * shade.b) * (1.0 - uShadeDepth * 0.9 * shade.r) * mix(0.66, 1.0, uDay);
}
