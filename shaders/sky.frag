// A soft sky above the horizon, the horizon's colour below it.
//VTK::System::Dec
//VTK::Output::Dec
//VTK::CustomUniforms::Dec
in vec2 vPlace;

void main() {
  vec3 look = uForward + uRight * vPlace.x * uSlope.x + uUp * vPlace.y * uSlope.y;
  float rise = uPerspective * look.z / length(look);
  gl_FragData[0] = vec4(mix(uHorizon, uSky, smoothstep(0.0, 0.35, rise)), 1.0);
}
