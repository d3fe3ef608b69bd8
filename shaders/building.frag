// Colours building faces: hemisphere and sun light, baked shade, floors when near, values, selection.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in float vRow;
flat in float vStorey;
flat in float vRoof;
in float vAbove;
in vec3 vAt;
flat in vec3 vNormal;
//#include scene.glsl
//#include data.glsl

void main() {
  float mark = markOf(vRow);
  if (mark > 1.5) discard;
  vec3 n = vNormal;
  if (uTwoSided > 0.5 && dot(n, uEye - vAt) < 0.0 && uPerspective > 0.5) n = -n;
  vec3 colour = mix(uWall, uRoof, vRoof);
  colour *= 0.985 + 0.03 * fract(vRow * 0.618034);
  if (uPainted > 0.5) colour = mix(colour, uUnknown, 0.6);
  vec4 data = dataColour(vRow);
  colour = mix(colour, data.rgb, data.a * uOpacity);
  float accented = mark > 0.5 ? 0.82 : 0.0;
  colour = mix(colour, uHoverColour, hovered(vRow) * (data.a > 0.5 ? 0.45 : 0.7));
  colour = mix(colour, uAccent, accented);

  vec3 shade = shadeAt(vAt.xy + n.xy * uShadeStep);
  float sun = max(dot(n, uSun), 0.0) * mix(1.0, litAt(shade, vAbove + 0.8), 0.85);
  float light = mix(0.62, 0.784, 0.5 + 0.5 * n.z) + 0.30 * sun;
  light *= mix(openAt(shade, vAbove), 1.0, vRoof * 0.6);
  light *= 1.0 - (1.0 - vRoof) * 0.22 * exp(-max(vAbove, 0.0) / 3.5);

  float pixel = uPix * mix(1.0, distance(vAt, uEye), uPerspective);
  float near = (1.0 - vRoof) * (1.0 - smoothstep(0.10, 0.28, pixel));
  if (near > 0.0) {
    float storey = vAbove / vStorey;
    float gap = abs(storey - floor(storey + 0.5)) * vStorey;
    float line = 1.0 - smoothstep(0.10, 0.10 + max(pixel * 1.5, 0.08), gap);
    light *= 1.0 - 0.055 * near * line * step(0.5, storey);
  }
  gl_FragData[0] = vec4(hazed(colour * light, vAt), uAlpha);
}
