// Places building faces and hands row, height and direction to the fragments.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 body;
in vec2 normal;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
flat out float vRow;
flat out float vStorey;
flat out float vRoof;
out float vAbove;
out vec3 vAt;
flat out vec3 vNormal;

vec3 unfold(vec2 e) {
  vec3 n = vec3(e, 1.0 - abs(e.x) - abs(e.y));
  if (n.z < 0.0) n.xy = (1.0 - abs(n.yx)) * vec2(n.x >= 0.0 ? 1.0 : -1.0, n.y >= 0.0 ? 1.0 : -1.0);
  return normalize(n);
}

void main() {
  vRow = body.x;
  vAbove = body.y;
  vStorey = body.z;
  vRoof = body.w;
  vAt = vertexMC.xyz;
  vNormal = unfold(normal);
  gl_Position = MCDCMatrix * vertexMC;
}
