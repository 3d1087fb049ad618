/*{
  "DESCRIPTION": "Slow waves of colour that run through each other.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "scale", "LABEL": "Scale", "TYPE": "float", "MIN": 0.5, "MAX": 10, "DEFAULT": 2.4},
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0.5},
    {"NAME": "warp", "LABEL": "Warp", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 1.1},
    {"NAME": "first", "LABEL": "First colour", "TYPE": "color", "DEFAULT": [0.1, 0.02, 0.35, 1.0]},
    {"NAME": "second", "LABEL": "Second colour", "TYPE": "color", "DEFAULT": [0.95, 0.15, 0.4, 1.0]},
    {"NAME": "third", "LABEL": "Third colour", "TYPE": "color", "DEFAULT": [1.0, 0.8, 0.3, 1.0]}
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
    vec2 at = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * scale;
    float time = run.r;
    at += warp * 0.5 * vec2(sin(at.y * 1.7 + time), cos(at.x * 1.3 - time * 0.8));
    at += warp * 0.3 * vec2(cos(at.y * 3.1 - time * 1.3), sin(at.x * 2.7 + time));
    float level = 0.5 + 0.25 * (sin(at.x * 2.0 + time * 0.6) + sin(at.y * 2.3 + length(at) * 1.5 - time));
    float light = 0.5 + 0.5 * sin(at.x * 1.1 - at.y * 1.6 + time * 0.9);
    vec3 colour = mix(first.rgb, second.rgb, smoothstep(0.1, 0.6, level));
    colour = mix(colour, third.rgb, smoothstep(0.55, 0.95, level * (0.6 + 0.5 * light)));
    gl_FragColor = vec4(colour, 1.0);
}
