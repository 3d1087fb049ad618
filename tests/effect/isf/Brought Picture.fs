/*{"IMPORTED": {"tile": {"PATH": "pictures/tile.png"}, "again": {"PATH": "./pictures/../pictures/tile.png"}}}*/

void main() {
    vec2 at = fract(isf_FragNormCoord * 2.0);
    gl_FragColor = gl_FragCoord.x < RENDERSIZE.x / 2.0 ? IMG_NORM_PIXEL(tile, at) : IMG_PIXEL(again, at * IMG_SIZE(again));
}
