/*{
  "DESCRIPTION": "The colours flow along their own contours and run into each other like wet paint.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Feedback"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "flow", "LABEL": "Speed of the flow", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 1.3},
    {"NAME": "turn", "LABEL": "Along the contours (0) or down the slopes (1)", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.15},
    {"NAME": "dry", "LABEL": "How fast new paint comes, per second", "TYPE": "float", "MIN": 0.1, "MAX": 20, "DEFAULT": 1.2},
    {"NAME": "scale", "LABEL": "Size of the swirls in pixels", "TYPE": "float", "MIN": 1, "MAX": 24, "DEFAULT": 7}
  ],
  "PASSES": [
    {"TARGET": "paint", "PERSISTENT": true}
  ]
}*/

float luma(vec2 at) {
    return dot(IMG_NORM_PIXEL(paint, at).rgb, vec3(0.3, 0.6, 0.1));
}

void main() {
    vec2 at = isf_FragNormCoord, by = scale / RENDERSIZE;
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec2 slope = vec2(luma(at + vec2(by.x, 0.0)) - luma(at - vec2(by.x, 0.0)), luma(at + vec2(0.0, by.y)) - luma(at - vec2(0.0, by.y)));
    vec2 way = mix(vec2(-slope.y, slope.x), -slope, turn);
    vec4 wet = IMG_NORM_PIXEL(paint, at - way * flow * TIMEDELTA * 180.0 / RENDERSIZE);
    float fresh = wet.a < 0.01 ? 1.0 : clamp(dry * TIMEDELTA, 0.004, 1.0);
    gl_FragColor = mix(wet, live, fresh);
}
