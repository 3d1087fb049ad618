/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "sides", "TYPE": "float", "MIN": 1.0, "MAX": 32.0, "DEFAULT": 6.0}, {"NAME": "slide", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}, {"NAME": "center", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}]}*/

const float tau = 6.28318530718;
void main() {
	vec2 loc = isf_FragNormCoord * RENDERSIZE;
	float r = distance(center * RENDERSIZE, loc);
	float a = atan ((loc.y-(center*RENDERSIZE).y),(loc.x-(center*RENDERSIZE).x));
	a = mod(a, tau/sides);
	a = abs(a - tau/sides/2.);
	loc.x = r * cos(a + tau * 0.0);
	loc.y = r * sin(a + tau * 0.0);
	loc = (center * RENDERSIZE + loc) / RENDERSIZE;
	loc.x = mod(loc.x + slide.x, 1.0);
	loc.y = mod(loc.y + slide.y, 1.0);
	if (loc.x < 0.0) loc.x = mod(abs(loc.x), 1.0);
	gl_FragColor = IMG_NORM_PIXEL(inputImage, loc);
}
