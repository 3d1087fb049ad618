/*{
  "DESCRIPTION": "The colours flow along the contours of the picture and run into each other like wet paint.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Feedback"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "flow", "LABEL": "Speed of the flow", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 1.2},
    {"NAME": "turn", "LABEL": "Along the contours (0) or down the slopes (1)", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.12},
    {"NAME": "dry", "LABEL": "How fast new paint comes, per second", "TYPE": "float", "MIN": 0.1, "MAX": 20, "DEFAULT": 2.5},
    {"NAME": "size", "LABEL": "Size of the swirls", "TYPE": "float", "MIN": 0.001, "MAX": 0.05, "DEFAULT": 0.008}
  ],
  "PASSES": [
    {"TARGET": "slopes", "WIDTH": "floor($WIDTH/4)", "HEIGHT": "floor($HEIGHT/4)"},
    {"TARGET": "paint", "PERSISTENT": true}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

float luma(vec2 at) {
    return dot(IMG_NORM_PIXEL(inputImage, at).rgb, vec3(0.3, 0.6, 0.1));
}

void main() {
    vec2 at = isf_FragNormCoord, shape = vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0), by = size * shape;
    if (PASSINDEX == 0) {
        vec2 corner = vec2(by.x, -by.y);
        float ne = luma(at + by), sw = luma(at - by), se = luma(at + corner), nw = luma(at - corner);
        gl_FragColor = vec4(0.5 + 0.25 * vec2(ne + se - nw - sw, ne + nw - se - sw), 0.0, 1.0);
        return;
    }
    vec2 slope = IMG_NORM_PIXEL(slopes, at + by).xy + IMG_NORM_PIXEL(slopes, at - by).xy - 1.004;
    vec2 way = mix(vec2(-slope.y, slope.x), -slope, turn);
    vec4 wet = IMG_NORM_PIXEL(paint, at - way * flow * TIMEDELTA * 0.33 * shape);
    float fresh = wet.a < 0.01 ? 1.0 : clamp(dry * TIMEDELTA, 0.004, 1.0);
    vec4 live = IMG_THIS_PIXEL(inputImage);
    // Noise of half a level, without which steps smaller than that would be lost.
    float grain = (random(gl_FragCoord.xy + mod(float(FRAMEINDEX), 64.0)) - 0.5) / 255.0;
    gl_FragColor = mix(wet, live, fresh) + grain * live.a * (1.0 - fresh);
}
