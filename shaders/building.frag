// Lights building faces: sky and sun, cast shadows, dark where they meet the ground, storeys when near.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec3 vColour;
flat in vec4 vLight;
flat in float vHatch;
in vec4 vPlace;
//#include light.glsl
//#include hatch.glsl

void main() {
  float above = max(vPlace.z, 0.0);
  float roof = vLight.w;
  vec3 shade = texture(shadeMap, vPlace.xy).rgb;
  float low = 1.0 / (1.0 + above * 0.16);
  float light = vLight.x + vLight.y * (0.15 + 0.85 * litAt(shade, above + 0.8));
  light *= 1.0 - uShadeDepth * 0.85 * shade.r * low * (1.0 - 0.6 * roof);
  light *= 1.0 - 0.24 * low * low * (1.0 - roof);
  if (uDetail > 0.5 && roof < 0.5) {
    float pixel = uPix / gl_FragCoord.w;
    float storey = above / vLight.z;
    float gap = abs(storey - floor(storey + 0.5)) * vLight.z;
    float line = 1.0 - smoothstep(0.10, 0.10 + max(pixel * 1.5, 0.08), gap);
    light *= 1.0 - 0.055 * (1.0 - smoothstep(0.10, 0.28, pixel)) * line * step(0.5, storey);
  }
  vec3 colour = vColour;
  if (vHatch > 0.5) {
    vec2 at = vPlace.xy / uShadeFrame.zw + uShadeFrame.xy;
    colour = mix(colour, uInk, 0.3 * hatchAt(at.x + at.y + above, uPix / gl_FragCoord.w));
  }
  gl_FragData[0] = vec4(mix(colour * light, uHorizon, vPlace.w), uAlpha);
}
