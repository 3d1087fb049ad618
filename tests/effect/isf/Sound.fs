/*{
 "INPUTS": [
  {"NAME": "wave", "TYPE": "audio"},
  {"NAME": "volume", "TYPE": "audio", "MAX": 1},
  {"NAME": "spectrum", "TYPE": "audioFFT", "MAX": 4},
  {"NAME": "fftImage", "TYPE": "audioFFT"}
 ]
}*/

void main() {
    vec2 loc = isf_FragNormCoord;
    float level = IMG_NORM_PIXEL(fftImage, vec2(loc.x, 0.5)).r;
    float bar = IMG_PIXEL(spectrum, vec2(floor(loc.x * 4.0) + 0.5, 0.5)).r;
    float line = abs(IMG_NORM_PIXEL(wave, vec2(loc.x, 0.5)).r - loc.y) < 0.05 ? 1.0 : 0.0;
    gl_FragColor = vec4(step(loc.y, bar), line, level, IMG_SIZE(spectrum).x == 4.0 && IMG_SIZE(volume).x == 1.0 ? 1.0 : 0.0);
}
