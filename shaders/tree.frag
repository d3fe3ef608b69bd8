// Colours tree crowns as round bodies on their cards.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vCard;
flat in vec2 vKind;
flat in vec2 vUv;
in float vHaze;
//#include light.glsl

void main() {
  vec3 shade = shadeAt(vUv);
  float open = mix(0.8, 1.0, litAt(shade, 6.0)) * (1.0 - uShadeDepth * 0.6 * shade.r);
  if (vKind.x > 0.5) {
    gl_FragData[0] = vec4(mix(uTrunk * 0.85 * open, uHorizon, vHaze), uAlpha);
    return;
  }
  float r = length(vCard);
  float soft = max(fwidth(r), 1e-4);
  float alpha = 1.0 - smoothstep(1.0 - soft, 1.0, r);
  if (alpha < 0.3) discard;
  vec3 toEye = cross(uRight, uUp);
  vec3 n = normalize(uRight * vCard.x + uUp * vCard.y + toEye * sqrt(max(1.0 - r * r, 0.0)));
  float light = mix(0.72, 0.9, 0.5 + 0.5 * n.z) + 0.24 * max(dot(n, uSun), 0.0);
  vec3 colour = uTree * (0.93 + 0.14 * vKind.y) * light * open;
  gl_FragData[0] = vec4(mix(colour, uHorizon, vHaze), alpha * uAlpha);
}
