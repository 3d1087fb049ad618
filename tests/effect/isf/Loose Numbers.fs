/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "rows", "TYPE": "long", "VALUES": [2, 4, 8], "LABELS": ["two", "four", "eight"], "DEFAULT": 4}, {"NAME": "turns", "TYPE": "long", "DEFAULT": 1, "MIN": 0, "MAX": 3}]}*/

void main() {
    float row = 1 + 0;
    vec2 cell = isf_FragNormCoord * rows;
    row = mod(floor(cell.y), 2);
    vec3 colour = IMG_THIS_PIXEL(inputImage).rgb;
    if (PASSINDEX == 0.0 && turns >= 1.0) colour *= vec3(1, 0.5, row);
    colour = clamp(colour, 0, 1);
    colour = max(colour, 0) * pow(2, 0);
    float sum = 0;
    for (float i = 0.0; i < 4.; i += 1.) sum += i / 6;
    int k = 0;
    while (k < rows) { k++; if (k > 20) break; }
    gl_FragColor = vec4(colour * sum, 1);
}
