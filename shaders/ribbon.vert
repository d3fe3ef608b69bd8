// Places streets, paths and borders and colours them; widens what would be too thin to see, hides what is too small.
//VTK::System::Dec
in vec4 vertexMC;
in float light;
in float kind;
in vec4 road;
in vec4 side;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
flat out vec4 vColour;
flat out vec2 vPattern;
flat out vec3 vStripe;
out vec2 vAlong;
out vec4 vPlace;

void main() {
  float pixel = uPoint * (MCDCMatrix * vertexMC).w;
  float wanted = max(side.z, 0.5 * (uMinWidth - 0.35 * side.w) * pixel);
  vec4 at = vertexMC;
  at.xy += side.xy * (wanted - side.z);
  gl_Position = MCDCMatrix * at;
  vec3 colour = uFlat > 0.5 ? uFlatColour : tintOf(kind);
  float own = light;
  float lift = 0.08 * fract(road.x * 0.618034);  // ends of links that meet: one of them lies above
  if (uData > 0.5) {
    float mark = markOf(road.x);
    vec4 data = dataColour(road.x);
    colour = mix(colour, data.rgb, data.a * uOpacity);
    own = mix(own, 0.5 + 0.5 * own, data.a);
    lift += 0.1 * data.a + 0.1 * hovered(road.x) + (mark > 0.5 ? 0.2 : 0.0);
    colour = mix(colour, uHoverColour, 0.75 * hovered(road.x));
    if (mark > 0.5) colour = uAccent;
  }
  vColour = vec4(colour, uAlpha);
  vPattern = vec2(road.w, pixel);
  vStripe = tintOf(12.0);
  vAlong = vec2(road.y, own);
  vPlace = vec4(shadeUv(at.xy), 0.0, hazeAt(at.xyz, gl_Position.w));
  gl_Position.z -= uBias * (uOrder + lift);
  float most = side.w > 1.5 ? uVanish.x : side.w > 0.5 ? uVanish.y : uVanish.z;
  if (pixel > most) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
