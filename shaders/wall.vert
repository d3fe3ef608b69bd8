// Places a piece of wall for each receiver in front of a façade.
//VTK::System::Dec
in vec4 vertexMC;
in vec4 face;
in float row;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
flat out vec4 vData;
flat out float vLight;
out vec2 vFace;
out vec4 vPlace;

void main() {
  vData = dataColour(row);
  float mark = markOf(row);
  vData.rgb = mix(vData.rgb, uHoverColour, 0.5 * hovered(row));
  if (mark > 0.5 && mark < 1.5) vData.rgb = uAccent;
  vLight = 0.86 + 0.14 * clamp(dot(face.xy, uSun.xy), -0.6, 1.0);
  vFace = face.zw;
  gl_Position = MCDCMatrix * vertexMC;
  vPlace = vec4(vertexMC.xyz, hazeAt(vertexMC.xyz, gl_Position.w));
  gl_Position.z -= uBias * 1.5;
  if (vData.a < 0.01 || mark > 1.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
