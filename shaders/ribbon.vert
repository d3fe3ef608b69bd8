// Places streets, paths and borders; widens what would be too thin to see, hides what is too small to matter.
//VTK::System::Dec
in vec4 vertexMC;
in float light;
in float kind;
in vec4 road;
in vec4 side;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
flat out float vRow;
flat out float vKind;
flat out float vPattern;
out float vAlong;
out float vLight;
out float vPixel;
out vec3 vAt;

void main() {
  vRow = road.x;
  vAlong = road.y;
  vPattern = road.w;
  vKind = kind;
  vLight = light;
  float w = (MCDCMatrix * vertexMC).w;
  vPixel = uPix * w;
  float wanted = max(side.z, 0.5 * (uMinWidth - 0.35 * side.w) * vPixel + uExtra * min(vPixel, 1.0));
  vec4 at = vertexMC;
  at.xy += side.xy * (wanted - side.z);
  vAt = at.xyz;
  gl_Position = MCDCMatrix * at;
  gl_Position.z -= uBias * uOrder;
  if (vPixel > (side.w > 1.5 ? uVanish.x : side.w > 0.5 ? uVanish.y : uVanish.z)) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
