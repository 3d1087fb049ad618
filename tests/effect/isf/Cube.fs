/*{"IMPORTED": {"sky": {"TYPE": "cube", "PATH": ["pictures/tile.png", "pictures/tile.png", "pictures/tile.png",
 "pictures/tile.png", "pictures/tile.png", "pictures/tile.png"]}}}*/

void main() {
    vec3 towards = normalize(vec3(isf_FragNormCoord * 2.0 - 1.0, 1.0));
    gl_FragColor = 0.5 * textureCube(sky, towards) + 0.5 * IMG_NORM_PIXEL(sky, towards);
}
