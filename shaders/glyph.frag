// Colours symbols of points: disc or square with a rim, hollow where the value is lacking, a halo around crowds.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vCorner;
flat in vec4 vData;
flat in vec4 vShape;

void main() {
  float radius = vShape.x;
  vec2 q = abs(vCorner) - vec2(radius * 0.62);
  float square = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius * 0.25;
  float d = vShape.y > 0.5 ? square : length(vCorner) - radius;
  float crowd = step(1.5, vShape.z);
  float inside = 1.0 - smoothstep(-0.5, 0.6, d);
  if (inside < 0.02) discard;
  float rim = smoothstep(-(1.3 * uScale) - 0.6, -(1.3 * uScale) + 0.4, d);
  vec3 colour = mix(vData.rgb, uHoverColour, vShape.w > 0.5 && vShape.w < 1.5 ? 0.6 : 0.0);
  float alpha = inside;
  if (vData.a < 0.9) colour = mix(uRim, uInk, 0.6 * rim);
  else colour = mix(colour, uRim, rim);
  if (vShape.w > 1.5) colour = mix(uAccent, uRim, rim);
  // A crowd has a faint outer ring, so that it is not taken for one large point.
  float ring = crowd * smoothstep(-0.30 * radius - 0.5, -0.30 * radius + 0.5, d);
  alpha *= mix(1.0, 0.42, ring);
  colour = mix(colour, vData.a < 0.9 ? uUnknown : vData.rgb, ring);
  gl_FragData[0] = vec4(colour, alpha * uOpacity);
}
