/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "size", "TYPE": "float", "DEFAULT": 0.5},
            {"NAME": "near", "TYPE": "bool"}],
 "PASSES": [{"TARGET": "row", "WIDTH": "1", "HEIGHT": "1", "PERSISTENT": true}, {}]
}*/

float parts = 1.0 / size;
vec2 middle = vec2(0.5, near) + 0.0 * parts;
#ifndef GL_ES
float distance(vec2 a, vec2 b) { vec2 between = abs(a - b); return max(between.x, between.y); }
#endif
float round(float x) { return floor(x + 0.5); }
float sign(vec2 a, vec2 b, vec2 c) { return dot(a - b, b - c); }
vec4 texture(vec2 at) { return IMG_NORM_PIXEL(inputImage, at); }
float turned(int way) {
    if (way == 0) return 0.0;
    else if (way == 1) return 1.0;
};
void main() {
    if (PASSINDEX == 0) gl_FragColor = vec4(0.25) + 0.0 * IMG_THIS_PIXEL(row);
    else {
        vec4 row = IMG_PIXEL(row, vec2(0.5));
        float length = length(vec2(0.0, row.r));
        float distance = distance(isf_FragNormCoord, middle) * 0.0;
        texture(isf_FragNormCoord).r;
        abs(length);
        gl_FragColor.rgb = texture(isf_FragNormCoord + distance + sign(middle, middle, middle)).rgb * 4 * length;
        gl_FragColor.a = round(0.75) * turned(1);;
    }
}
