/*{
  "DESCRIPTION": "Pulls red and blue apart, along a turning direction or away from the centre.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Glitch"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Distance", "TYPE": "float", "MIN": 0, "MAX": 0.1, "DEFAULT": 0.012},
    {"NAME": "angle", "LABEL": "Direction in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.0},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -60, "MAX": 60, "DEFAULT": 6},
    {"NAME": "radial", "LABEL": "From the centre", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + turn * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec2 at = isf_FragNormCoord;
    float bearing = 6.2831853 * (angle + run.r);
    vec2 straight = vec2(cos(bearing), sin(bearing)) * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec2 by = amount * mix(straight, (at - 0.5) * 3.0, radial);
    vec4 red = IMG_NORM_PIXEL(inputImage, at + by);
    vec4 green = IMG_NORM_PIXEL(inputImage, at);
    vec4 blue = IMG_NORM_PIXEL(inputImage, at - by);
    gl_FragColor = vec4(red.r, green.g, blue.b, max(green.a, max(red.a, blue.a)));
}
