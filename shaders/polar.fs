/*{
  "DESCRIPTION": "Bends the picture into rings around a centre, or unrolls the rings into a picture.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "unroll", "LABEL": "Unroll", "TYPE": "bool", "DEFAULT": false},
    {"NAME": "repeat", "LABEL": "Repeats around", "TYPE": "float", "MIN": 1, "MAX": 8, "DEFAULT": 2},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -20, "MAX": 20, "DEFAULT": 1.5},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

const float TURN = 6.2831853;

vec2 bend(vec2 at, vec2 aspect, float turned) {
    vec2 from = (at - centre) * aspect;
    float around = fract(atan(from.x, from.y) / TURN + turned) * floor(repeat);
    return vec2(1.0 - abs(mod(around, 2.0) - 1.0), length(from) / 0.9);
}

vec2 unbend(vec2 at, vec2 aspect, float turned) {
    float bearing = (at.x * floor(repeat) + turned) * TURN;
    return centre + vec2(sin(bearing), cos(bearing)) * at.y * 0.9 / aspect;
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + turn * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 at = unroll ? unbend(isf_FragNormCoord, aspect, run.r) : bend(isf_FragNormCoord, aspect, run.r);
    at = mix(isf_FragNormCoord, at, amount);
    gl_FragColor = IMG_NORM_PIXEL(inputImage, abs(mod(at + 1.0, 2.0) - 1.0));
}
