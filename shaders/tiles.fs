/*{
  "DESCRIPTION": "Repeats the picture in a grid of tiles, mirrored in turn, that slide and turn.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "across", "LABEL": "Tiles across", "TYPE": "float", "MIN": 1, "MAX": 12, "DEFAULT": 3},
    {"NAME": "slide", "LABEL": "Slide of the rows per second", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.08},
    {"NAME": "turn", "LABEL": "Turn of the grid in turns", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0},
    {"NAME": "gap", "LABEL": "Gap", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.0},
    {"NAME": "mirrored", "LABEL": "Mirror every other tile", "TYPE": "bool", "DEFAULT": true}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(mod(run.r + slide * TIMEDELTA, 2.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), from = (isf_FragNormCoord - 0.5) * aspect;
    float bearing = turn * 6.2831853;
    vec2 at = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from / aspect * across + 0.5;
    at.x += run.r * across * (mod(floor(at.y), 2.0) * 2.0 - 1.0);
    vec2 part = fract(at), odd = mod(floor(at), 2.0);
    float inside = step(gap * 0.5, min(min(part.x, part.y), min(1.0 - part.x, 1.0 - part.y)));
    part = mirrored ? abs(odd - part) : part;
    gl_FragColor = IMG_NORM_PIXEL(inputImage, part) * inside;
}
