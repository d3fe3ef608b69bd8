// Lights building faces: sky and sun, cast shadows, dark where they meet the ground, storeys when near.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec4 vData;
flat in vec4 vState;
in vec3 vFromEye;
in vec2 vUp;
flat in float vPeriod;
//#include light.glsl
//#include section.glsl
//#include hatch.glsl

void main() {
  if (cutAway(vFromEye + uEye)) discard;
  // Faces are flat: which way one looks is seen from how its points lie beside each other on the screen.
  vec3 n = normalize(cross(dFdx(vFromEye), dFdy(vFromEye)));
  if (dot(n, uPerspective > 0.5 ? vFromEye : uForward) > 0.0) n = -n;
  float roof = step(0.3, n.z);
  if (uSection > 0.5 && !gl_FrontFacing && uTwoSided < 0.5) {  // the inside, seen through the cut
    gl_FragData[0] = vec4(mix(uWall, uInk, 0.5), uAlpha);
    return;
  }
  float above = max(vUp.x, 0.0);
  vec3 colour = mix(uWall, uRoof, roof) * vState.y;
  float known = step(0.9, vData.a);
  if (uPainted > 0.5) colour = mix(mix(colour, uUnknown, 0.6), vData.rgb, known * uOpacity);
  colour = mix(colour, uHoverColour, vState.z * 0.55);
  if (vState.w > 0.5) colour = mix(colour, uAccent, known > 0.5 ? 0.3 : 0.82);
  if (uDetail < -0.5) {  // far away: sun and sky alone
    float plain = mix(0.62, 0.784, 0.5 + 0.5 * n.z) + 0.30 * max(dot(n, uSun), 0.0);
    gl_FragData[0] = vec4(mix(colour * plain, uHorizon, vUp.y), uAlpha);
    return;
  }
  vec2 at = vFromEye.xy + uEye.xy;
  if (vData.a > 0.1 && known < 0.5) {
    colour = mix(colour, uInk, 0.3 * stripesAt(at.x + at.y + above, vPeriod, fwidth(at.x + at.y + above)));
  }
  vec3 shade = shadeAt((at + n.xy * uShadeStep - uShadeFrame.xy) * uShadeFrame.zw);
  float low = 1.0 / (1.0 + above * 0.16);
  float sun = 0.30 * uDay * max(dot(n, uSun), 0.0) * (0.15 + 0.85 * litAt(shade, above + 0.8));
  float light = mix(0.62, 0.784, 0.5 + 0.5 * n.z) * mix(0.74, 1.0, uDay) + sun;
  light *= 1.0 - uShadeDepth * 0.85 * shade.r * low * (1.0 - 0.6 * roof);
  light *= 1.0 - 0.24 * low * low * (1.0 - roof);
  if (uDetail > 0.5 && roof < 0.5) {
    float pixel = uPix / gl_FragCoord.w;
    float storey = above / vState.x;
    float gap = abs(storey - floor(storey + 0.5)) * vState.x;
    float line = 1.0 - smoothstep(0.10, 0.10 + max(pixel * 1.5, 0.08), gap);
    light *= 1.0 - 0.055 * (1.0 - smoothstep(0.10, 0.28, pixel)) * line * step(0.5, storey);
  }
  gl_FragData[0] = vec4(mix(colour * light, uHorizon, vUp.y), uAlpha);
}
