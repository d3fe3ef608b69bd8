// A sheet behind everything.
//VTK::System::Dec
in vec4 vertexMC;
//VTK::CustomUniforms::Dec
out vec2 vPlace;

void main() {
  vec2 corner = sign(vertexMC.xy);
  vPlace = uCrop.xy + corner * uCrop.zw;
  gl_Position = vec4(corner, 0.99999, 1.0);
}
