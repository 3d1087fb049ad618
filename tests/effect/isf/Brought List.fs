/*{"IMPORTED": [{"NAME": "tile", "PATH": "pictures/tile.png"}]}*/

void main() { gl_FragColor = IMG_THIS_PIXEL(tile); }
