// Places symbols of points; their size follows a second value, that of a crowd its number.
//VTK::System::Dec
in vec4 vertexMC;
in vec2 corner;
in vec4 look;
uniform mat4 MCDCMatrix;
//VTK::CustomUniforms::Dec
//#include data.glsl
uniform sampler2D measures;
out vec2 vCorner;
flat out vec4 vData;
flat out vec4 vShape;

void main() {
  float share = texelFetch(measures, uSized > 0.5 ? cellOf(look.x) : ivec2(0), 0).r;
  float radius = look.z > 0.0 ? look.z : 0.5 * (uSized > 0.5 ? sqrt(mix(uSize.x * uSize.x, uSize.y * uSize.y, share)) : uSize.x);
  float mark = markOf(look.x);
  vData = dataColour(look.x);
  vShape = vec4(radius * uScale, look.y, look.w, mark > 0.5 ? 2.0 : hovered(look.x));
  vCorner = corner * (vShape.x + 2.0);
  gl_Position = MCDCMatrix * vertexMC;
  gl_Position.xy += vCorner * 2.0 / uWindow * gl_Position.w;
  gl_Position.z -= uBias * 40.0;
  if (mark > 1.5 || vData.a < 0.01) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}
