/*{
  "DESCRIPTION": "The new picture comes over the old one behind a soft, perhaps wavy edge.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "angle", "LABEL": "Direction in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.02},
    {"NAME": "softness", "LABEL": "Softness of the edge", "TYPE": "float", "MIN": 0.001, "MAX": 0.6, "DEFAULT": 0.12},
    {"NAME": "wave", "LABEL": "Waves in the edge", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.04}
  ]
}*/

void main() {
    float bearing = angle * 6.2831853;
    vec2 from = isf_FragNormCoord - 0.5, way = vec2(cos(bearing), sin(bearing));
    float reach = 0.5 * (abs(way.x) + abs(way.y)) + wave;
    float place = dot(from, way) + wave * sin(dot(from, vec2(-way.y, way.x)) * 18.0 + progress * 6.0);
    float edge = mix(-reach - softness, reach + softness, progress);
    float shows = smoothstep(edge + softness, edge - softness, place);
    gl_FragColor = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), shows);
}
