/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

vec4 fetch(sampler2DRect picture, vec2 at) {
    return texture2DRect(picture, at);
}
void main() {
    gl_FragColor = fetch(inputImage, gl_FragCoord.xy) * 0.5 + 0.5 * texture2DRect(inputImage, isf_FragNormCoord * IMG_SIZE(inputImage));
}
