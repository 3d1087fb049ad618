/*{
  "DESCRIPTION": "A flight through an endless tunnel of glowing rings and ribs.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -4, "MAX": 4, "DEFAULT": 0.7},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -30, "MAX": 30, "DEFAULT": 4},
    {"NAME": "ribs", "LABEL": "Ribs", "TYPE": "float", "MIN": 1, "MAX": 24, "DEFAULT": 8},
    {"NAME": "rings", "LABEL": "Rings", "TYPE": "float", "MIN": 0.2, "MAX": 6, "DEFAULT": 1.4},
    {"NAME": "twist", "LABEL": "Twist", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.35},
    {"NAME": "colour", "LABEL": "Colour", "TYPE": "color", "DEFAULT": [0.15, 0.65, 1.0, 1.0]},
    {"NAME": "other", "LABEL": "Other colour", "TYPE": "color", "DEFAULT": [1.0, 0.2, 0.55, 1.0]},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, fract(run.g + turn * TIMEDELTA / 60.0), 0.0, 1.0);
        return;
    }
    vec2 from = (isf_FragNormCoord - centre) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float radius = max(length(from), 0.002), depth = 0.35 / radius;
    float around = atan(from.y, from.x) / 6.2831853 + run.g + twist * depth * 0.15;
    float along = depth * rings + run.r;
    float ring = abs(fract(along) - 0.5), rib = abs(fract(around * floor(ribs)) - 0.5);
    float which = 0.5 + 0.5 * sin(floor(along) * 2.1 + 6.2831853 * around);
    float plate = 0.5 + 0.5 * sin(floor(along) * 12.9 + mod(floor(around * floor(ribs)), floor(ribs)) * 78.2);
    float lines = 0.022 / (abs(0.5 - ring) + 0.02) + 0.018 / (abs(0.5 - rib) + 0.02);
    vec3 light = mix(colour.rgb, other.rgb, which) * (lines + 0.5 * plate * plate * (0.5 + ring));
    gl_FragColor = vec4((1.0 - exp(-1.5 * light)) * smoothstep(0.02, 0.45, radius), 1.0);
}
