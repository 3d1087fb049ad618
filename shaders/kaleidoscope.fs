/*{
  "DESCRIPTION": "Folds the picture into mirrored wedges around a centre, and turns them slowly.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "wedges", "LABEL": "Wedges", "TYPE": "float", "MIN": 2, "MAX": 24, "DEFAULT": 8},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -20, "MAX": 20, "DEFAULT": 2},
    {"NAME": "zoom", "LABEL": "Zoom", "TYPE": "float", "MIN": 0.2, "MAX": 4, "DEFAULT": 1.1},
    {"NAME": "angle", "LABEL": "Angle of the picture in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.08},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
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
        gl_FragColor = vec4(fract(run.r + turn * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 from = (isf_FragNormCoord - centre) * aspect;
    float wedge = TURN / floor(wedges);
    float bearing = atan(from.y, from.x) + run.r * TURN;
    bearing = abs(mod(bearing, wedge) - 0.5 * wedge) + angle * TURN;
    vec2 at = vec2(cos(bearing), sin(bearing)) * length(from) / zoom;
    at = abs(mod(at / aspect + centre + 1.0, 2.0) - 1.0);
    gl_FragColor = IMG_NORM_PIXEL(inputImage, at);
}
