/*{
  "DESCRIPTION": "Embosses the strokes as thick paint, lit from a lamp that goes round.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "height", "LABEL": "Height of the paint", "TYPE": "float", "MIN": 0, "MAX": 6, "DEFAULT": 2},
    {"NAME": "angle", "LABEL": "Direction of the lamp in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35},
    {"NAME": "turn", "LABEL": "Turns of the lamp per minute", "TYPE": "float", "MIN": -30, "MAX": 30, "DEFAULT": 4},
    {"NAME": "shine", "LABEL": "Shine", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.6},
    {"NAME": "colour", "LABEL": "Colour of the picture", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "width", "LABEL": "Width of the strokes", "TYPE": "float", "MIN": 0.2, "MAX": 5, "DEFAULT": 1.2}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

float luma(vec2 at) {
    return dot(IMG_NORM_PIXEL(inputImage, at).rgb, vec3(0.2126, 0.7152, 0.0722));
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + turn * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 at = isf_FragNormCoord, by = width / 720.0 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec2 slope = vec2(luma(at + vec2(by.x, 0.0)) - luma(at - vec2(by.x, 0.0)),
        luma(at + vec2(0.0, by.y)) - luma(at - vec2(0.0, by.y)));
    float bearing = 6.2831853 * (angle + run.r);
    vec3 lamp = normalize(vec3(cos(bearing), sin(bearing), 0.9));
    vec3 normal = normalize(vec3(-slope * height, 0.5));
    float lit = dot(normal, lamp) / lamp.z;
    float gloss = pow(max(0.0, dot(normal, normalize(lamp + vec3(0.0, 0.0, 1.0)))), 40.0);
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec3 paint = mix(vec3(0.55), live.rgb, colour);
    gl_FragColor = vec4(clamp(paint * mix(0.35, 1.0, lit) + shine * (gloss - 0.35) * 0.5 * step(0.35, gloss), 0.0,
        1.0) * live.a, live.a);
}
