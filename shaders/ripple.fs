/*{
  "DESCRIPTION": "Rings run over the picture as over water, from the centre at a steady rate or from a drop on an event.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "drop", "LABEL": "Let a drop fall now", "TYPE": "event"},
    {"NAME": "rate", "LABEL": "Drops per second by itself", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 0.6},
    {"NAME": "amount", "LABEL": "Height", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.035},
    {"NAME": "width", "LABEL": "Distance of the rings", "TYPE": "float", "MIN": 0.01, "MAX": 0.3, "DEFAULT": 0.07},
    {"NAME": "speed", "LABEL": "Speed of the rings", "TYPE": "float", "MIN": 0.05, "MAX": 3, "DEFAULT": 0.6},
    {"NAME": "shine", "LABEL": "Shine", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.7},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "state", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 last = texelFetch(state, ivec2(0), 0);
    if (PASSINDEX == 0) {
        bool due = drop || last.a < 0.01 || floor(TIME * rate) > floor((TIME - TIMEDELTA) * rate);
        gl_FragColor = due ? vec4(0.0, last.r, last.g, 1.0) : vec4(last.rgb + TIMEDELTA, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), from = (isf_FragNormCoord - centre) * aspect;
    float radius = length(from), height = 0.0;
    for (int i = 0; i < 3; i++) {
        float age = last[i], behind = (speed * age - radius) / width;
        height += sin(6.2831853 * behind) * exp(-0.25 * behind * behind - 1.2 * age) * step(0.0, speed * age);
    }
    vec2 way = from / max(radius, 0.001) / aspect;
    vec4 shown = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - amount * height * way);
    gl_FragColor = vec4(clamp(shown.rgb * (1.0 + shine * height * way.y * 0.7), 0.0, shown.a), shown.a);
}
