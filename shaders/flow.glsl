// Dashes that move along a line: 0 … 1, bright at their head. The period keeps its size on the screen.
float flowAt(float along, float speed, float pixel) {
  float period = exp2(ceil(log2(max(34.0 * pixel, 6.0))));
  float phase = fract((along * sign(speed)) / period - uSeconds * abs(speed));
  return smoothstep(0.45, 0.95, phase) * (1.0 - smoothstep(0.95, 1.0, phase));
}
