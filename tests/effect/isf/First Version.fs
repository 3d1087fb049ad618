/*{
 "CATEGORIES": ["Test"],
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}],
 "PERSISTENT_BUFFERS": {"old": {"WIDTH": "$WIDTH/2.0", "HEIGHT": "$HEIGHT/2.0", "FLOAT": true}},
 "PASSES": [{"TARGET": "old"}, {}]
}*/

varying vec2 shifted;
void main() {
    if (PASSINDEX == 0) gl_FragColor = 0.5 * IMG_THIS_PIXEL(inputImage) + 0.5 * IMG_NORM_PIXEL(old, shifted);
    else gl_FragColor = VVSAMPLER_2DBYNORM(old, _old_imgRect, _old_imgSize, _old_flip, vv_FragNormCoord);
}
