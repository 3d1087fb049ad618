/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "amount", "TYPE": "float", "MIN": 0.0, "MAX": 50.0, "DEFAULT": 10.0}],
 "PASSES": [{"TARGET": "maskBuffer"}, {"TARGET": "delayBuffer", "PERSISTENT": true}, {}]
}*/

const vec4 coeffs = vec4(0.2126, 0.7152, 0.0722, 1.0);
float grey(vec4 n) { return dot(n, coeffs) / 3.0; }
void main() {
    if (PASSINDEX == 0) {
        vec2 x1 = vec2(0.01 * RENDERSIZE.x, 0.0);
        vec2 at = isf_FragNormCoord.xy * RENDERSIZE;
        vec4 change = IMG_THIS_PIXEL(delayBuffer) - IMG_THIS_PIXEL(inputImage);
        vec4 slope = IMG_PIXEL(delayBuffer, at + x1) - IMG_PIXEL(delayBuffer, at - x1);
        slope += IMG_PIXEL(inputImage, at + x1) - IMG_PIXEL(inputImage, at - x1);
        float v = grey(change * (slope / sqrt(slope * slope + vec4(0.2))));
        gl_FragColor = vec4(max(v, 0.), abs(min(v, 0.)), 0.0, 1.0) * amount;
    }
    else if (PASSINDEX == 1) gl_FragColor = IMG_THIS_PIXEL(inputImage);
    else gl_FragColor = vec4(IMG_THIS_NORM_PIXEL(maskBuffer).rgb, 1.0);
}
