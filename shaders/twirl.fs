/*{
  "DESCRIPTION": "Winds the picture up around a centre, to and fro.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "turns", "LABEL": "Turns at the centre", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.35},
    {"NAME": "radius", "LABEL": "Radius", "TYPE": "float", "MIN": 0.05, "MAX": 1.5, "DEFAULT": 0.75},
    {"NAME": "sway", "LABEL": "How much it sways", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.4},
    {"NAME": "speed", "LABEL": "Sways per second", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.12},
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
        gl_FragColor = vec4(fract(run.r + speed * TIMEDELTA), 0.0, 0.0, 1.0);
        return;
    }
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 from = (isf_FragNormCoord - centre) * aspect;
    float inside = clamp(1.0 - length(from) / radius, 0.0, 1.0);
    float swaying = turns * mix(1.0, cos(run.r * 6.2831853), sway);
    float bearing = swaying * 6.2831853 * inside * inside * (3.0 - 2.0 * inside);
    vec2 at = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from / aspect + centre;
    gl_FragColor = IMG_NORM_PIXEL(inputImage, abs(mod(at + 1.0, 2.0) - 1.0));
}
