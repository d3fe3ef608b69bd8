// Stripes for what has no value: as far apart on the screen everywhere, and at rest in the city.
float hatchPeriod(float pixel) {
  return exp2(ceil(log2(max(7.0 * pixel, 0.05))));
}

// 0 … 1; where the view is so slant that stripes would run into each other, their mean. Fragments only.
float stripesAt(float along, float period, float across) {
  float d = abs(fract(along / period) - 0.5) * period;
  float stripe = 1.0 - smoothstep(0.11 * period, 0.11 * period + across, d);
  return mix(stripe, 0.28, smoothstep(0.3 * period, 0.6 * period, across));
}
