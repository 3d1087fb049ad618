/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "folds", "TYPE": "float", "MIN": 1.0, "MAX": 8.0, "DEFAULT": 3.0}, {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}, {"NAME": "middle", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}]}*/

const float straight = 3.14159265;
void main() {
	vec2 from = (isf_FragNormCoord * RENDERSIZE) - middle * RENDERSIZE;
	float way = atan (from.y,from.x);
	way = abs(fract(way * folds/straight) - 1./2.);
	from.x = length(from) * (1.0 - way) / (RENDERSIZE).x;
	from.y = way * (RENDERSIZE * 0.5).y / (RENDERSIZE).y;
	if (from.x > 1.) from.x = 2. - from.x;
	gl_FragColor = IMG_NORM_PIXEL(inputImage, mod(from + shift, 1.0));
}
