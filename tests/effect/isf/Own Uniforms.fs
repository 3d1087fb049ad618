/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

#version 120
#extension GL_ARB_texture_rectangle : enable
#ifdef GL_ES
precision mediump float;
#endif
uniform sampler2D inputImage;
uniform float TIME;
uniform vec2 RENDERSIZE;
varying vec2 isf_FragNormCoord;
void main() {
    vec2 flipped = _inputImage_flip ? vec2(1.0, -1.0) : vec2(1.0);
    vec2 at = isf_FragNormCoord * flipped * _inputImage_imgRect.zw;
    gl_FragColor = texture2D(inputImage, at) * step(0.0, TIME) + 0.0 * texture2D(inputImage, at, -1.0);
    gl_FragColor.a = _inputImage_imgSize.x > 0.0 ? 1.0 : 0.0;
}
