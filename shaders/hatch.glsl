// Stripes for what has no value: as far apart on the screen everywhere, and at rest in the city.
float hatchAt(float along, float pixel, float period) {
  float d = abs(fract(along / period) - 0.5) * period;
  return 1.0 - smoothstep(0.11 * period, 0.11 * period + pixel, d);
}

float hatchPeriod(float pixel) {
  return exp2(ceil(log2(max(7.0 * pixel, 0.05))));
}

float hatchAt(float along, float pixel) {
  return hatchAt(along, pixel, hatchPeriod(pixel));
}
