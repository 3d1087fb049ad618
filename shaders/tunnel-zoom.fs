/*{
  "DESCRIPTION": "Wraps the picture around an endless tunnel and flies through it.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.25},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -20, "MAX": 20, "DEFAULT": 3},
    {"NAME": "depth", "LABEL": "Depth", "TYPE": "float", "MIN": 0.2, "MAX": 3, "DEFAULT": 0.6},
    {"NAME": "repeat", "LABEL": "Repeats around", "TYPE": "float", "MIN": 1, "MAX": 8, "DEFAULT": 2},
    {"NAME": "dark", "LABEL": "Darkness at the end", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.7},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(mod(run.r + speed * TIMEDELTA, 2.0), fract(run.g + turn * TIMEDELTA / 60.0), 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 from = (isf_FragNormCoord - centre) * aspect;
    float radius = length(from) + 0.0001;
    float around = fract(atan(from.x, from.y) / 6.2831853 + run.g) * floor(repeat);
    vec2 at = vec2(around, depth * log(radius) * 1.4 - run.r);
    vec4 colour = IMG_NORM_PIXEL(inputImage, abs(mod(at * vec2(2.0, 1.0) + 1.0, 2.0) - 1.0));
    gl_FragColor = vec4(colour.rgb * mix(1.0, smoothstep(0.0, 0.35, radius), dark), colour.a);
}
