/*{
  "DESCRIPTION": "Sorts the pixels of each column by their light, wherever they are bright enough: the picture runs in threads.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Glitch"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "threshold", "LABEL": "Luma from which pixels are sorted", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.42},
    {"NAME": "dark", "LABEL": "Sort what is darker instead", "TYPE": "bool", "DEFAULT": false},
    {"NAME": "reach", "LABEL": "Longest thread", "TYPE": "float", "MIN": 0.02, "MAX": 0.6, "DEFAULT": 0.3},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "downwards", "LABEL": "Brightest at the bottom", "TYPE": "bool", "DEFAULT": false}
  ],
  "PASSES": [
    {"TARGET": "runs", "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/4)"},
    {}
  ]
}*/

// First, where the run of sorted pixels around each place begins and ends; then five samples of it are put in order.
float luma(vec3 colour) {
    return dot(colour, vec3(0.2126, 0.7152, 0.0722));
}

bool sorted(vec2 at) {
    return (luma(IMG_NORM_PIXEL(inputImage, at).rgb) > threshold) != dark && at.y > 0.0 && at.y < 1.0;
}

float run(float way) {
    float steps = 0.0;
    for (int i = 1; i <= 24; i++) {
        if (!sorted(isf_FragNormCoord + vec2(0.0, way * reach * float(i) / 24.0))) break;
        steps = float(i) / 24.0;
    }
    return steps;
}

void order(inout vec3 above, inout vec3 below) {
    vec3 kept = above;
    bool swap = luma(above) < luma(below);
    above = swap ? below : above;
    below = swap ? kept : below;
}

void main() {
    vec2 at = isf_FragNormCoord;
    if (PASSINDEX == 0) {
        gl_FragColor = sorted(at) ? vec4(run(-1.0), run(1.0), 1.0, 1.0) : vec4(0.0, 0.0, 0.0, 1.0);
        return;
    }
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec2 span = IMG_THIS_PIXEL(runs).xy * reach;
    float length_of = span.x + span.y, place = span.x / max(length_of, 0.0001);
    vec3 c[5];
    for (int i = 0; i < 5; i++)
        c[i] = IMG_NORM_PIXEL(inputImage, at + vec2(0.0, (0.1 + 0.2 * float(i)) * length_of - span.x)).rgb;
    order(c[0], c[1]); order(c[3], c[4]); order(c[2], c[4]); order(c[2], c[3]); order(c[1], c[4]);
    order(c[0], c[3]); order(c[0], c[2]); order(c[1], c[3]); order(c[1], c[2]);
    place = 4.0 * (downwards ? place : 1.0 - place);
    vec3 thread = mix(c[0], c[1], clamp(place, 0.0, 1.0));
    for (int i = 1; i < 4; i++) thread = mix(thread, c[i + 1], clamp(place - float(i), 0.0, 1.0));
    gl_FragColor = vec4(mix(live.rgb, thread, amount * smoothstep(0.0, 0.03, length_of)), live.a);
}
