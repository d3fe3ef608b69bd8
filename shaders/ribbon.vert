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
//#include height.glsl
uniform sampler2D measures;
flat out vec4 vColour;
flat out vec3 vPattern;
flat out vec3 vStripe;
flat out float vFlow;
out vec2 vAlong;
out vec4 vPlace;

void main() {
  float pixel = uPoint * (MCDCMatrix * vertexMC).w;
  float own = side.z + uCasing.x;
  float wanted = max(own, 0.5 * (uMinWidth - 0.35 * side.w) * pixel);
  vec4 measure = texelFetch(measures, uSized > 0.5 || uFlowing > 0.5 ? cellOf(road.x) : ivec2(0), 0);
  float marked = 0.0;
  if (uRing > 0.5) {
    float mark = markOf(road.x);
    marked = mark > 0.5 && mark < 1.5 ? 1.0 : 0.6 * hovered(road.x);
  }
  if (uSized > 0.5 && (uRing < 0.5 || marked > 0.0)) {
    wanted = max(0.5 * mix(uSize.x, uSize.y, measure.r) * pixel, own * (0.25 + 0.75 * measure.r));
  }
  vec4 at = vertexMC;
  if (marked > 0.0) wanted = max(wanted, 0.5 * uMinRing * pixel) + (uFlat > 0.5 ? 1.0 : 2.0) * pixel * marked;
  at.xy += side.xy * (wanted - side.z);
  if (wanted - side.z > 0.3) {  // what is widened much stays on the ground
    float under = groundAt(vertexMC.xy);
    if (abs(under - at.z) < 0.3) at.z += groundAt(at.xy) - under;
  }
  gl_Position = MCDCMatrix * at;
  vec3 colour = uFlat > 0.5 ? uFlatColour : tintOf(uCasing.x > 0.0 ? uCasing.y : kind);
  float lit = light;
  float lacking = 0.0;
  float lift = 0.08 * fract(road.x * 0.618034);  // ends of links that meet: one of them lies above
  if (uData > 0.5) {
    float mark = markOf(road.x);
    vec4 data = dataColour(road.x);
    lacking = step(0.1, data.a) * step(data.a, 0.9);
    colour = mix(colour, data.rgb, (lacking > 0.5 ? 0.6 : data.a) * uOpacity);
    lit = mix(lit, 0.5 + 0.5 * lit, data.a);
    lift += 0.1 * data.a + 0.1 * hovered(road.x) + (mark > 0.5 ? 0.2 : 0.0);
    colour = mix(colour, uHoverColour, 0.75 * hovered(road.x));
    if (mark > 0.5 && data.a < 0.9) colour = uAccent;
  }
  if (marked > 0.0) {
    colour = mix(uHoverColour, uAccent, marked > 0.8 ? 1.0 : 0.35);
    lit = 1.0;
    lift += 0.3;
  }
  vColour = vec4(colour, marked > 0.0 ? max(uAlpha, 0.9) : uAlpha);
  vPattern = vec3(lacking > 0.5 ? 3.0 : road.w, pixel, wanted);
  vStripe = lacking > 0.5 ? uInk : tintOf(12.0);
  vFlow = measure.g;
  vAlong = vec2(road.y, lit);
  vPlace = vec4(shadeUv(at.xy), 0.0, hazeAt(at.xyz, gl_Position.w));
  gl_Position.z -= uBias * (uOrder + lift + (wanted - own > 0.3 ? 2.0 : 0.0));
  float most = side.w > 1.5 ? uVanish.x : side.w > 0.5 ? uVanish.y : uVanish.z;
  bool bare = uCasing.x > 0.0 && road.w > 0.5;  // a tunnel has no kerb
  if (marked <= 0.0 && (pixel > most || uOnlyMarked > 0.5 || bare)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
