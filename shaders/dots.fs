/*{
  "DESCRIPTION": "A grid of dots that swell in waves; as a mask, or for a model to paint over.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "across", "LABEL": "Dots across", "TYPE": "float", "MIN": 2, "MAX": 80, "DEFAULT": 22},
    {"NAME": "size", "LABEL": "Size", "TYPE": "float", "MIN": 0.05, "MAX": 1, "DEFAULT": 0.62},
    {"NAME": "wave", "LABEL": "Swell", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.75},
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0.5},
    {"NAME": "turn", "LABEL": "Turn of the grid in turns", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.06},
    {"NAME": "colour", "LABEL": "Colour of the dots", "TYPE": "color", "DEFAULT": [1.0, 0.85, 0.45, 1.0]},
    {"NAME": "other", "LABEL": "Colour of the smallest", "TYPE": "color", "DEFAULT": [0.9, 0.1, 0.45, 1.0]},
    {"NAME": "ground", "LABEL": "Ground", "TYPE": "color", "DEFAULT": [0.03, 0.02, 0.1, 1.0]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, 0.0, 0.0, 1.0);
        return;
    }
    float bearing = turn * 6.2831853;
    vec2 at = (isf_FragNormCoord - 0.5) * vec2(1.0, RENDERSIZE.y / RENDERSIZE.x) * across;
    at = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * at;
    vec2 cell = floor(at) + 0.5;
    float time = run.r * 3.0;
    float swell = 0.5 + 0.25 * sin(length(cell) * 0.55 - time)
        + 0.25 * sin(cell.x * 0.35 + cell.y * 0.2 + time * 0.7);
    float radius = 0.5 * size * mix(1.0, 1.35 * swell, wave), blur = 1.5 * across / RENDERSIZE.x;
    float dot_here = smoothstep(radius + blur, radius - blur, distance(at, cell));
    gl_FragColor = mix(ground, mix(other, colour, swell), dot_here);
}
