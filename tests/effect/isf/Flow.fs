/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "gain", "TYPE": "float", "MIN": 0.0, "MAX": 50.0, "DEFAULT": 4.0}],
 "PASSES": [{"TARGET": "changes"}, {"TARGET": "before", "PERSISTENT": true}, {}]
}*/

const vec4 light = vec4(0.3, 0.6, 0.1, 0.0);
float grey(vec4 n) { return dot(n, light); }
void main() {
    if (PASSINDEX == 1) gl_FragColor = IMG_THIS_PIXEL(inputImage);
    else if (PASSINDEX == 0) {
        vec2 at = isf_FragNormCoord.xy * RENDERSIZE, aside = vec2(2.0, 0.0);
        float changed = grey(IMG_THIS_PIXEL(inputImage) - IMG_THIS_PIXEL(before));
        float rises = grey(IMG_PIXEL(inputImage, at + aside) - IMG_PIXEL(before, at - aside));
        gl_FragColor = gain * vec4(max(changed * rises, 0.), max(-changed * rises, 0.), abs(changed), 0.) + vec4(0., 0., 0., 1.);
    }
    else gl_FragColor = vec4(IMG_THIS_NORM_PIXEL(changes).rgb, 1.0);
}
