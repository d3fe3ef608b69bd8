// Lights streets, paths and borders; tunnels dashed, steps hatched.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
flat in vec4 vColour;
flat in vec3 vPattern;
flat in vec3 vStripe;
flat in float vFlow;
in vec2 vAlong;
in vec4 vPlace;
//#include light.glsl
//#include hatch.glsl
//#include flow.glsl

void main() {
  vec4 colour = vColour;
  if (vPattern.x > 2.5) {
    colour.rgb = mix(colour.rgb, vStripe, 0.35 * stripesAt(vAlong.x, hatchPeriod(vPattern.y), fwidth(vAlong.x)));
  } else if (vPattern.x > 1.5) {
    float stripe = abs(fract(vAlong.x / 1.1) - 0.5) * 2.0;
    float clear = 1.0 - smoothstep(0.15, 0.5, vPattern.y);
    colour.rgb = mix(colour.rgb, vStripe, clear * step(0.45, stripe));
  } else if (vPattern.x > 0.5 && fract(vAlong.x / max(8.0, 7.0 * vPattern.y)) > 0.55) {
    colour.a = 0.0;
  }
  if (uFlowing > 0.5 && abs(vFlow) > 1e-4) colour.rgb = mix(colour.rgb, uGleam, 0.6 * flowAt(vAlong.x, vFlow, vPattern.y));
  float light = vAlong.y * groundLight(vPlace.xy);
  gl_FragData[0] = vec4(mix(colour.rgb * light, uHorizon, vPlace.w), colour.a);
}
