// Values by row number and time from a float texture, their colours, and marks (selected, hidden, ghost).
uniform sampler2D values;
uniform sampler2D colours;
uniform sampler2D marks;

const float KNOWN = -1e38;
const float ABSENT = -3.2e38;

ivec2 cellOf(float row) {
  int i = int(row + 0.5);
  return ivec2(i & 1023, i >> 10);
}

float valueAt(float row, float time) {
  int step = int(time + 0.5);
  int part = step & 3;
  vec4 four = texelFetch(values, cellOf(row) + ivec2(0, (step >> 2) * int(uSteps.w + 0.5)), 0);
  return part < 2 ? (part == 0 ? four.r : four.g) : (part == 2 ? four.b : four.a);
}

// The value of a row at the time shown: between two steps a mix, of one alone where the other is unknown.
float valueOf(float row) {
  float a = valueAt(row, uSteps.x);
  if (uSteps.z <= 0.0) return a;
  float b = valueAt(row, uSteps.y);
  if (a < KNOWN || b < KNOWN) return uSteps.z < 0.5 ? a : b;
  return mix(a, b, uSteps.z);
}

vec3 colourOf(float v) {
  float t = clamp((v - uRange.x) / (uRange.y - uRange.x), 0.0, 1.0);
  return texelFetch(colours, ivec2(min(int(t * 256.0), 255), 0), 0).rgb;
}

// Colour of a row; alpha 1 where there is a value, 0.5 where one is lacking and hatched, else 0.
vec4 dataColour(float row) {
  if (uPainted < 0.5) return vec4(0.0);
  float v = valueOf(row);
  if (v < KNOWN) return vec4(uUnknown, v > ABSENT ? 0.5 * uHatch : 0.0);
  return vec4(colourOf(v), 1.0);
}

// 0 plain, 1 selected, 2 hidden, 3 ghost (hides what is selected).
float markOf(float row) {
  if (uMarked < 0.5) return 0.0;
  return floor(texelFetch(marks, cellOf(row), 0).r * 255.0 + 0.5);
}

float hovered(float row) {
  return abs(row - uHover) < 0.5 ? 1.0 : 0.0;
}
