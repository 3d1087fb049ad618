/*{
  "DESCRIPTION": "A chequered floor or wall that slides, turns and bends.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "across", "LABEL": "Squares across", "TYPE": "float", "MIN": 2, "MAX": 60, "DEFAULT": 12},
    {"NAME": "speed", "LABEL": "Slide per second", "TYPE": "float", "MIN": -5, "MAX": 5, "DEFAULT": 0.6},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -20, "MAX": 20, "DEFAULT": 2},
    {"NAME": "bend", "LABEL": "Bend", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.35},
    {"NAME": "edge", "LABEL": "Softness of the edges", "TYPE": "float", "MIN": 0, "MAX": 0.5, "DEFAULT": 0.01},
    {"NAME": "first", "LABEL": "First colour", "TYPE": "color", "DEFAULT": [0.98, 0.94, 0.85, 1.0]},
    {"NAME": "second", "LABEL": "Second colour", "TYPE": "color", "DEFAULT": [0.08, 0.05, 0.2, 1.0]}
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
    vec2 from = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float bearing = run.g * 6.2831853 + bend * 2.0 * sin(length(from) * 4.0 - TIME * 0.5);
    from *= 1.0 + bend * dot(from, from);
    vec2 at = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from * across
        * RENDERSIZE.y / RENDERSIZE.x;
    at.x += run.r;
    vec2 side = abs(fract(at * 0.5) * 2.0 - 1.0) - 0.5;
    vec2 soft = smoothstep(-edge - 0.02, edge + 0.02, side);
    float which = mix(soft.x, 1.0 - soft.x, soft.y);
    gl_FragColor = mix(first, second, which) * vec4(vec3(1.0 - 0.5 * dot(from, from)), 1.0);
}
