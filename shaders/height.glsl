// Height of the ground: its nodes from a texture, each cell two triangles as the mesh has them.
uniform sampler2D heights;

float heightOf(ivec2 node) {
  return texelFetch(heights, clamp(node, ivec2(0), textureSize(heights, 0) - 1), 0).r;
}

float groundAt(vec2 at) {
  vec2 place = clamp((at - uGround.xy) / uGround.z, vec2(0.0), vec2(textureSize(heights, 0) - 1));
  ivec2 i = min(ivec2(place), textureSize(heights, 0) - 2);
  vec2 f = place - vec2(i);
  float a = heightOf(i), c = heightOf(i + ivec2(1, 1));
  if (f.x >= f.y) {
    float b = heightOf(i + ivec2(1, 0));
    return a + f.x * (b - a) + f.y * (c - b);
  }
  float d = heightOf(i + ivec2(0, 1));
  return a + f.y * (d - a) + f.x * (c - d);
}
