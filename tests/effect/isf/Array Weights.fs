/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

vec2 places[4] = vec2[](vec2(-1.0, 0.0), vec2(1.0, 0.0), vec2(0.0, -1.0), vec2(0.0, 1.0));
float sum(float list[4]) { return list[0] + list[1] + list[2] + list[3]; }
void main() {
    float weights[4];
    weights[0] = 0.25; weights[1] = 0.25; weights[2] = 0.25; weights[3] = 0.25;
    vec4 total = vec4(0);
    for (int i = 0; i < 4; i++) total += weights[i] * IMG_PIXEL(inputImage, gl_FragCoord.xy + places[i] * 3.0);
    gl_FragColor = total * sum(weights);
}
