/*{
 "INPUTS": [{"NAME": "restart", "TYPE": "event"}, {"NAME": "randomise", "TYPE": "float", "DEFAULT": 0.0}],
 "PASSES": [{"TARGET": "lastData", "PERSISTENT": true}]
}*/

varying vec2 left_coord;
varying vec2 right_coord;
varying vec2 above_coord;
varying vec2 below_coord;
float rand(vec2 co) { return fract(sin(dot(co, vec2(12.9898, 78.233))) * 43758.5453); }
void main() {
    vec4 now = IMG_PIXEL(lastData, isf_FragNormCoord * RENDERSIZE);
    float n = 0.0;
    if ((TIME < 0.5 && FRAMEINDEX == 0) || restart) now = vec4(vec3(step(0.6, rand(floor(gl_FragCoord.xy)))), 1.0);
    else {
        n += IMG_PIXEL(lastData, left_coord).g + IMG_PIXEL(lastData, right_coord).g;
        n += IMG_PIXEL(lastData, above_coord).g + IMG_PIXEL(lastData, below_coord).g;
        now = vec4(vec3(n > 1.5 && n < 3.5 ? 1.0 : 0.0), 1.0);
    }
    gl_FragColor = now;
}
