/*{
  "DESCRIPTION": "Waves run through the picture and bend it.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Height of the waves", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.022},
    {"NAME": "waves", "LABEL": "Waves across", "TYPE": "float", "MIN": 0.5, "MAX": 20, "DEFAULT": 3},
    {"NAME": "speed", "LABEL": "Waves per second", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0.35},
    {"NAME": "angle", "LABEL": "Direction in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.08},
    {"NAME": "cross", "LABEL": "Cross waves", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

const float TURN = 6.2831853;

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(mod(run.r + speed * TIMEDELTA, 10.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), at = isf_FragNormCoord * aspect;
    vec2 way = vec2(cos(angle * TURN), sin(angle * TURN)), side = vec2(-way.y, way.x);
    float phase = run.r;
    vec2 moved = side * sin(TURN * (dot(at, way) * waves - phase));
    moved += cross * way * sin(TURN * (dot(at, side) * waves * 0.8 + phase * 0.7 + 0.3));
    at = isf_FragNormCoord + amount * moved / aspect;
    gl_FragColor = IMG_NORM_PIXEL(inputImage, abs(mod(at + 1.0, 2.0) - 1.0));
}
