/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "mask", "TYPE": "image"}, {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0, 0]}]}*/

void main() {
    vec4 other = IMG_NORM_PIXEL(mask, isf_FragNormCoord);
    vec2 away = abs(gl_FragCoord.xy - centre);
    gl_FragColor = (away.x < 4.0 && away.y < 4.0) ? vec4(1.0, 0.0, 0.0, 1.0) : mix(IMG_THIS_PIXEL(inputImage), other, 0.5);
}
