// Places the edges of buildings a little nearer than their faces, fades them out with the distance.
//VTK::System::Dec
in vec4 vertexMC;
in vec3 body;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
out vec4 vColour;
out vec3 vAt;

void main() {
  float mark = markOf(body.x);
  gl_Position = MCDCMatrix * vertexMC;
  float pixel = uPoint * gl_Position.w;
  float chosen = max(mark > 0.5 && mark < 1.5 ? 1.0 : 0.0, 0.7 * hovered(body.x));
  float strength = uEdge * (1.0 - smoothstep(uEdgeFade * 0.25, uEdgeFade, pixel));
  vec3 colour = mix(mix(uEdgeColour, uAccent * 0.75, chosen), uHorizon, hazeAt(vertexMC.xyz, gl_Position.w));
  vColour = vec4(colour, max(strength, chosen) * uAlpha);
  // Eaves are seen along the roof and need more than the feet of posts, which would show through it.
  gl_Position.z -= uBias * mix(1.2, 5.0, step(0.5, body.y));
  vAt = vertexMC.xyz;
  bool hidden = mark > 1.5 && mark < 2.5;
  if (hidden || vColour.a < 0.02) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
