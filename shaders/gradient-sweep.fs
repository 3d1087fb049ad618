/*{
  "DESCRIPTION": "A gradient of three colours that sweeps across, straight, round or as a beam that turns.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "shape", "LABEL": "Shape", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["straight", "round", "beam"], "DEFAULT": 0},
    {"NAME": "speed", "LABEL": "Sweeps per second", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.12},
    {"NAME": "angle", "LABEL": "Direction in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.1},
    {"NAME": "repeat", "LABEL": "Repeats", "TYPE": "float", "MIN": 0.25, "MAX": 8, "DEFAULT": 0.8},
    {"NAME": "first", "LABEL": "First colour", "TYPE": "color", "DEFAULT": [0.03, 0.05, 0.3, 1.0]},
    {"NAME": "second", "LABEL": "Second colour", "TYPE": "color", "DEFAULT": [0.85, 0.1, 0.5, 1.0]},
    {"NAME": "third", "LABEL": "Third colour", "TYPE": "color", "DEFAULT": [1.0, 0.75, 0.25, 1.0]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + speed * TIMEDELTA), 0.0, 0.0, 1.0);
        return;
    }
    float bearing = angle * 6.2831853;
    vec2 from = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float place = shape == 0 ? dot(from, vec2(cos(bearing), sin(bearing))) : shape == 1 ? length(from)
        : atan(from.y, from.x) / 6.2831853 + angle;
    place *= shape == 2 ? max(1.0, floor(repeat)) : repeat;
    float at = abs(fract(place - run.r) * 2.0 - 1.0) * 2.0;
    vec3 colour = mix(mix(first.rgb, second.rgb, smoothstep(0.0, 1.0, at)), third.rgb, smoothstep(1.0, 2.0, at));
    gl_FragColor = vec4(colour + (random(gl_FragCoord.xy) - 0.5) / 200.0, 1.0);
}
