// Turns a card per crown and per trunk towards the eye.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 card;
in vec2 size;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
out vec2 vCard;
flat out float vTrunk;
flat out float vVary;
out vec3 vAt;
flat out vec3 vFoot;

void main() {
  float radius = 0.5 * size.y;
  float tall = mix(radius, min(0.42 * size.x, 1.25 * radius), length(uUp.xy) < 0.999 ? abs(uUp.z) : 0.0);
  vec3 at = vertexMC.xyz;
  vFoot = at;
  vTrunk = card.z;
  vVary = card.w;
  vCard = card.xy;
  if (card.z > 0.5) {
    at += uRight * card.x * 0.045 * size.x + vec3(0.0, 0.0, (card.y * 0.5 + 0.5) * 0.5 * size.x);
  } else {
    at.z += size.x - min(0.42 * size.x, 1.25 * radius);
    at += uRight * card.x * radius + uUp * card.y * tall;
  }
  vAt = at;
  gl_Position = MCDCMatrix * vec4(at, 1.0);
}
