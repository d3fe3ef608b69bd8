// What lies before the section plane is cut away.
bool cutAway(vec3 at) {
  return uSection > 0.5 && dot(at, uPlane.xyz) > uPlane.w;
}
