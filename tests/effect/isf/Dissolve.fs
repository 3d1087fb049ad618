/*{
 "CATEGORIES": ["Dissolve"], "ISFVSN": "2",
 "INPUTS": [
  {"NAME": "startImage", "TYPE": "image"}, {"NAME": "endImage", "TYPE": "image"},
  {"NAME": "progress", "TYPE": "float", "DEFAULT": 0, "MIN": 0, "MAX": 1},
  {"NAME": "rows", "TYPE": "point2D", "DEFAULT": [4.0, 3.0], "MIN": [1.0, 1.0], "MAX": [32.0, 32.0]}
 ]
}*/

vec4 before(vec2 at) { return IMG_NORM_PIXEL(startImage, at); }
vec4 after(vec2 at) { return IMG_NORM_PIXEL(endImage, at); }
float shape() { return RENDERSIZE.y / RENDERSIZE.x; }
vec4 transition (vec2 at) {
  vec2 cell = floor(at * rows);
  float turn = fract((cell.x * 5.0 + cell.y * 7.0) / 12.0 + 0.0 * shape());
  return mix(before(at), after(at), step(turn, progress * 1.001 - 0.0005));
}
void main() { gl_FragColor = transition(isf_FragNormCoord.xy); }
