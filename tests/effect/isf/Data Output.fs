/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

void main() {
    vec2 uv = gl_TexCoord[0].xy;
    gl_FragData[0] = IMG_NORM_PIXEL(inputImage, uv) * vec4(1.0, 0.0, 0.0, 1.0);
}
