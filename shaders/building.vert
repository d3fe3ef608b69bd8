// Places building faces and looks up their value, selection, hover; hides what is filtered.
//VTK::System::Dec
in vec4 vertexMC;
in vec3 body;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include place.glsl
//#include data.glsl
flat out vec4 vData;
flat out vec4 vState;
out vec3 vFromEye;
out vec2 vUp;
flat out float vPeriod;

void main() {
  float mark = markOf(body.x);
  vData = uPainted > 0.5 ? dataColour(body.x) : vec4(0.0);
  // Storey height, a little variation, hover, mark.
  vState = vec4(body.z, 0.985 + 0.03 * fract(body.x * 0.618034), hovered(body.x), mark);
  vFromEye = vertexMC.xyz - uEye;
  gl_Position = MCDCMatrix * vertexMC;
  vPeriod = exp2(ceil(log2(max(7.0 * uPix * gl_Position.w, 0.05))));
  vUp = vec2(body.y, hazeAt(vertexMC.xyz, gl_Position.w));
  if (mark > 1.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
