/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "map", "TYPE": "image"}]}*/

vec4 lookup(sampler2D image, vec2 at, float lod) { return IMG_NORM_PIXEL(image, at) * lod; }
void main() {
    vec2 at = IMG_NORM_PIXEL(map, mod(vec2(IMG_THIS_PIXEL(inputImage).r, clamp(isf_FragNormCoord.y, 0.0, 1.0)), vec2(1.0))).xy;
    gl_FragColor = IMG_PIXEL ( inputImage , (at * IMG_SIZE( inputImage )) ) + lookup(inputImage, at, 0.0) + texture2DLod(inputImage, at, 0.0) * 0.0;
}
