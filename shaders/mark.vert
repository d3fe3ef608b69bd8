// Places symbols of fixed size on the screen at points of the city.
//VTK::System::Dec
in vec4 vertexMC;
in vec2 corner;
in vec4 look;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
out vec2 vCorner;
flat out float vRow;
flat out float vStyle;
flat out float vRadius;

void main() {
  vRow = look.x;
  vStyle = look.y;
  vRadius = look.z * uScale;
  vCorner = corner * (vRadius + 2.0);
  gl_Position = MCDCMatrix * vertexMC;
  float pixel = uPoint * gl_Position.w;
  gl_Position.xy += vCorner * 2.0 / uWindow * gl_Position.w;
  gl_Position.z -= uBias * 60.0;
  if (pixel > look.w) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
