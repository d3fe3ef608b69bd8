// Values by row number from a float texture, their colours, and marks (selected, hovered, hidden).
uniform sampler2D values;
uniform sampler2D colours;
uniform sampler2D marks;

const float KNOWN = -1e38;

ivec2 cellOf(float row) {
  int i = int(row + 0.5);
  return ivec2(i % 1024, i / 1024);
}

// Colour of a row; alpha 0 where nothing is painted or the value is unknown.
vec4 dataColour(float row) {
  if (uPainted < 0.5) return vec4(0.0);
  float v = texelFetch(values, cellOf(row), 0).r;
  if (v < KNOWN) return vec4(0.0);
  float t = clamp((v - uRange.x) / (uRange.y - uRange.x), 0.0, 1.0);
  int i = min(int(t * 256.0), 255);
  return vec4(texelFetch(colours, ivec2(i, 0), 0).rgb, 1.0);
}

// 0 plain, 1 selected, 2 hidden.
float markOf(float row) {
  return floor(texelFetch(marks, cellOf(row), 0).r * 255.0 + 0.5);
}

float hovered(float row) {
  return abs(row - uHover) < 0.5 ? 1.0 : 0.0;
}
