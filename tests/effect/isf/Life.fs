/*{
 "INPUTS": [{"NAME": "again", "TYPE": "event"}, {"NAME": "spread", "TYPE": "float", "DEFAULT": 0.5}],
 "PASSES": [{"TARGET": "cells", "PERSISTENT": true}]
}*/

varying vec2 west;
varying vec2 east;
varying vec2 north;
varying vec2 south;
void main() {
    float own = IMG_PIXEL(cells, isf_FragNormCoord * RENDERSIZE).r;
    if (again || FRAMEINDEX == 0) own = mod(floor(gl_FragCoord.x) + 3.0 * floor(gl_FragCoord.y), 5.0) / 4.0;
    else {
        float most = max(IMG_PIXEL(cells, west).r, IMG_PIXEL(cells, east).r);
        most = max(most, max(IMG_PIXEL(cells, north).r, IMG_PIXEL(cells, south).r));
        own = most > own + spread ? 1.0 : max(own - 0.125, 0.0);
    }
    gl_FragColor = vec4(vec3(own), 1.0);
}
