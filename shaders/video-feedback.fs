/*{
  "DESCRIPTION": "A camera that films its own screen: each picture lies over the last one, zoomed, turned and with its hue shifted.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Feedback"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "How much comes back", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.9},
    {"NAME": "zoom", "LABEL": "Zoom per second", "TYPE": "float", "MIN": 0.3, "MAX": 3, "DEFAULT": 1.5},
    {"NAME": "turn", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -30, "MAX": 30, "DEFAULT": 4},
    {"NAME": "hue", "LABEL": "Hue turns per second", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.15},
    {"NAME": "key", "LABEL": "Luma below which the last picture shows through", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.45},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "screen", "PERSISTENT": true}
  ]
}*/

vec3 turn_hue(vec3 colour, float turns) {
    vec3 axis = vec3(0.57735);
    float c = cos(turns * 6.2831853), s = sin(turns * 6.2831853);
    return colour * c + cross(axis, colour) * s + axis * dot(axis, colour) * (1.0 - c);
}

void main() {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float bearing = turn * TIMEDELTA * 6.2831853 / 60.0;
    vec2 from = (isf_FragNormCoord - centre) * aspect * pow(zoom, -TIMEDELTA);
    from = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from;
    vec4 last = IMG_NORM_PIXEL(screen, from / aspect + centre);
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float luma = dot(live.rgb, vec3(0.2126, 0.7152, 0.0722));
    float shows = amount * (1.0 - smoothstep(key - 0.15, key + 0.15, luma)) * step(0.01, last.a);
    vec3 back = turn_hue(last.rgb, hue * TIMEDELTA) - 0.25 * TIMEDELTA;
    gl_FragColor = vec4(mix(live.rgb, max(back, 0.0), shows), max(live.a, shows));
}
