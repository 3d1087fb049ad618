/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

#version 330 core
out vec4 fragColor;
void main() {
    fragColor = texture(inputImage, isf_FragNormCoord).bgra;
    if (fragColor.a < 0.0) discard;
}
