/*{"INPUTS": [{"NAME": "zoom", "TYPE": "float", "MIN": 0.1, "MAX": 4.0, "DEFAULT": 1.0}, {"NAME": "offset", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0, 0], "MAX": [1, 1]}]}*/

mat2 rot(in float a) { return mat2(cos(a), -sin(a), sin(a), cos(a)); }
vec3 hsv(float h, float s, float v) {
    vec3 k = abs(fract(vec3(h) + vec3(3., 2., 1.) / 3.) * 6. - 3.);
    return v * mix(vec3(1.), clamp(k - 1., 0., 1.), s);
}
void main(void) {
    vec2 p = (2.0 * gl_FragCoord.xy - RENDERSIZE.xy) / min(RENDERSIZE.x, RENDERSIZE.y) / zoom;
    vec2 z = p * rot(TIME * 0.1), c = offset - vec2(0.9, 0.1);
    int n = 0;
    for (int i = 0; i < 48; i++) {
        if (dot(z, z) > 4.0) break;
        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;
        n++;
    }
    gl_FragColor = vec4(hsv(float(n) / 48.0, 0.8, 1.0), 1.0);
}
