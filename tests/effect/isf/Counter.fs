/*{
 "DESCRIPTION": "Counts frames in one pixel of a kept float buffer",
 "PASSES": [{"TARGET": "count", "PERSISTENT": 1, "FLOAT": "true", "WIDTH": "1", "HEIGHT": "1"}, {}]
}*/

void main() {
    if (PASSINDEX == 0) {
        vec4 before = IMG_PIXEL(count, vec2(0.5));
        gl_FragColor = (FRAMEINDEX == 0) ? vec4(0.0, 0.0, 0.0, 1.0) : before + vec4(1.0, 0.0, 0.0, 0.0);
    }
    else gl_FragColor = vec4(vec3(IMG_THIS_PIXEL(count).r / 10.0), 1.0);
}
