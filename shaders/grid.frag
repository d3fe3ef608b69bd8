// Paints the values of a grid: smooth or by cells, in classes or continuous, with lines at the limits of classes.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vAt;
in vec4 vPlace;
uniform sampler2D cells;
uniform sampler2D colours;
//#include light.glsl
//#include hatch.glsl

const float KNOWN = -1e38;

float cellAt(ivec2 at, float time) {
  at = clamp(at, ivec2(0), ivec2(uGridSize.xy + 0.5) - 1);
  vec4 four = texelFetch(cells, ivec2(at.x >> 2, at.y + int(time + 0.5) * int(uGridSize.y + 0.5)), 0);
  int part = at.x & 3;
  return part < 2 ? (part == 0 ? four.r : four.g) : (part == 2 ? four.b : four.a);
}

// Value, its slope per cell, and how much of it is known.
vec4 smoothAt(vec2 place, float time) {
  vec2 p = place - 0.5;
  ivec2 i = ivec2(floor(p));
  vec2 f = p - vec2(i);
  vec4 v = vec4(cellAt(i, time), cellAt(i + ivec2(1, 0), time), cellAt(i + ivec2(0, 1), time),
                cellAt(i + ivec2(1, 1), time));
  vec4 known = step(vec4(KNOWN), v);
  vec4 w = vec4((1.0 - f.x) * (1.0 - f.y), f.x * (1.0 - f.y), (1.0 - f.x) * f.y, f.x * f.y) * known;
  float total = w.x + w.y + w.z + w.w;
  v = mix(vec4(0.0), v, known);
  float value = dot(v, w) / max(total, 1e-6);
  v = mix(vec4(value), v, known);
  return vec4(value, mix(v.y - v.x, v.w - v.z, f.y), mix(v.z - v.x, v.w - v.y, f.x), total);
}

vec4 valueAt(vec2 place, float time) {
  if (uGridSmooth > 0.5) return smoothAt(place, time);
  float v = cellAt(ivec2(floor(place)), time);
  return vec4(v, 0.0, 0.0, v < KNOWN ? 0.0 : 1.0);
}

void main() {
  vec2 place = vec2(vAt.x - uGridFrame.x, uGridFrame.y - vAt.y) / uGridFrame.zw;
  vec2 reach = fwidth(place);
  if (any(lessThan(place, vec2(0.0))) || any(greaterThan(place, uGridSize.xy))) discard;
  vec4 found = valueAt(place, uSteps.x);
  if (uSteps.z > 0.0) {
    vec4 later = valueAt(place, uSteps.y);
    found = later.w < 0.5 || found.w < 0.5 ? (uSteps.z < 0.5 ? found : later) : mix(found, later, uSteps.z);
  }
  float light = 0.45 + 0.55 * vPlace.z * groundLight(vPlace.xy);
  float pixel = uPix / gl_FragCoord.w;
  if (found.w < 0.5) {
    if (uHatch < 0.5) discard;
    float stripe = stripesAt(vAt.x + vAt.y, hatchPeriod(pixel), fwidth(vAt.x + vAt.y));
    gl_FragData[0] = vec4(mix(mix(uUnknown, uInk, 0.4 * stripe) * light, uHorizon, vPlace.w), 0.8 * uOpacity);
    return;
  }
  vec4 v = vec4(found.x);
  float t = clamp((found.x - uRange.x) / (uRange.y - uRange.x), 0.0, 1.0);
  if (uClasses > 0.5) {
    float above = dot(step(uBreaksA, v) + step(uBreaksB, v) + step(uBreaksC, v) + step(uBreaksD, v), vec4(1.0));
    t = (clamp(above - 1.0, 0.0, uClasses - 1.0) + 0.5) / uClasses;
  }
  vec3 colour = texelFetch(colours, ivec2(min(int(t * 256.0), 255), 0), 0).rgb * light;
  if (uIsolines > 0.5) {
    vec4 near = min(min(abs(v - uBreaksA), abs(v - uBreaksB)), min(abs(v - uBreaksC), abs(v - uBreaksD)));
    float away = min(min(near.x, near.y), min(near.z, near.w));
    float d = away / max(dot(abs(found.yz), reach), 1e-6);
    colour = mix(colour, uInk, 0.55 * (1.0 - smoothstep(0.35 * uScale, 0.35 * uScale + 0.9, d)));
  }
  gl_FragData[0] = vec4(mix(colour, uHorizon, vPlace.w), 0.86 * uOpacity);
}
