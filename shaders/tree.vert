// Turns a card per crown and per trunk towards the eye.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 card;
in vec2 size;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
out vec2 vCard;
flat out vec2 vKind;
flat out vec2 vUv;
out float vHaze;
//#include section.glsl

void main() {
  float radius = 0.5 * size.y;
  float tall = mix(radius, min(0.42 * size.x, 1.25 * radius), abs(uUp.z));
  vec3 at = vertexMC.xyz;
  vUv = shadeUv(at.xy);
  vKind = card.zw;
  vCard = card.xy;
  if (card.z > 0.5) {
    at += uRight * card.x * 0.045 * size.x + vec3(0.0, 0.0, (card.y * 0.5 + 0.5) * 0.5 * size.x);
  } else {
    at.z += size.x - min(0.42 * size.x, 1.25 * radius);
    at += uRight * card.x * radius + uUp * card.y * tall;
  }
  gl_Position = MCDCMatrix * vec4(at, 1.0);
  vHaze = hazeAt(at, gl_Position.w);
  if (uPoint * gl_Position.w > uTreeFade || cutAway(vertexMC.xyz)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
