// Places building faces and gives them their colour: material or value, selection, hover; hides what is filtered.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 body;
in vec2 normal;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
flat out vec3 vColour;
flat out vec4 vLight;
flat out float vHatch;
out vec4 vPlace;

vec3 unfold(vec2 e) {
  vec3 n = vec3(e, 1.0 - abs(e.x) - abs(e.y));
  if (n.z < 0.0) n.xy = (1.0 - abs(n.yx)) * vec2(n.x >= 0.0 ? 1.0 : -1.0, n.y >= 0.0 ? 1.0 : -1.0);
  return normalize(n);
}

void main() {
  float mark = markOf(body.x);
  vec3 n = unfold(normal);
  if (uTwoSided > 0.5 && dot(n, uEye - vertexMC.xyz) < 0.0) n = -n;
  vec3 colour = mix(uWall, uRoof, body.w) * (0.985 + 0.03 * fract(body.x * 0.618034));
  float known = 0.0;
  vHatch = 0.0;
  if (uPainted > 0.5) {
    vec4 data = dataColour(body.x);
    known = step(0.9, data.a);
    colour = mix(mix(colour, uUnknown, 0.6), data.rgb, known * uOpacity);
    vHatch = step(0.1, data.a) * (1.0 - known);
  }
  colour = mix(colour, uHoverColour, hovered(body.x) * 0.55);
  vColour = mark > 0.5 && mark < 1.5 ? mix(colour, uAccent, known > 0.5 ? 0.3 : 0.82) : colour;
  // What the sky gives, what the sun may add, storey height, roof.
  vLight = vec4(mix(0.62, 0.784, 0.5 + 0.5 * n.z), 0.30 * max(dot(n, uSun), 0.0), body.z, body.w);
  gl_Position = MCDCMatrix * vertexMC;
  vPlace = vec4(shadeUv(vertexMC.xy + n.xy * uShadeStep), body.y, hazeAt(vertexMC.xyz, gl_Position.w));
  if (mark > 1.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
