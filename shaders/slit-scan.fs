/*{
  "DESCRIPTION": "A slit of the picture is drawn out over time: what passes it flows outwards in bands.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Time"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "speed", "LABEL": "Speed, widths per second", "TYPE": "float", "MIN": 0.05, "MAX": 2, "DEFAULT": 0.3},
    {"NAME": "slit", "LABEL": "Place of the slit", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.45},
    {"NAME": "vertical", "LABEL": "Flow up and down", "TYPE": "bool", "DEFAULT": false},
    {"NAME": "both", "LABEL": "Flow to both sides", "TYPE": "bool", "DEFAULT": true}
  ],
  "PASSES": [
    {"TARGET": "strip", "PERSISTENT": true}
  ]
}*/

void main() {
    vec2 at = isf_FragNormCoord, axis = vertical ? vec2(0.0, 1.0) : vec2(1.0, 0.0);
    float from = dot(at, axis) - slit, way = both ? sign(from) : 1.0;
    float moved = max(speed * TIMEDELTA, 1.0 / dot(RENDERSIZE, axis));
    vec4 last = IMG_NORM_PIXEL(strip, at - axis * moved * way);
    vec4 live = IMG_NORM_PIXEL(inputImage, at - axis * (both ? from : max(from, 0.0)));
    vec4 before = IMG_NORM_PIXEL(strip, at - axis * from);
    vec4 fresh = mix(live, before, before.a * clamp(from * way / moved, 0.0, 1.0));
    gl_FragColor = last.a < 0.01 ? IMG_THIS_PIXEL(inputImage) : from * way > moved ? last : fresh;
}
