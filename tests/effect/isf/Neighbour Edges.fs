/*{
	"CREDIT": "tests",
	"ISFVSN": "2",
	"INPUTS": [
		{
			"NAME": "inputImage",
			"TYPE": "image"
		},
		{
			"NAME": "spread",
			"TYPE": "float",
			"MIN": 0.0,
			"MAX": 8.0,
			"DEFAULT": 2.0
		}
	]
}*/

#if __VERSION__ <= 120
varying vec2 left_coord;
varying vec2 right_coord;
varying vec2 above_coord;
varying vec2 below_coord;
#else
in vec2 left_coord;
in vec2 right_coord;
in vec2 above_coord;
in vec2 below_coord;
#endif

float gray(vec4 n)
{
	return (n.r + n.g + n.b)/3.0;
}

void main()
{
	vec4 color = IMG_THIS_PIXEL(inputImage);
	float across = gray(IMG_NORM_PIXEL(inputImage, right_coord)) - gray(IMG_NORM_PIXEL(inputImage, left_coord));
	float along = gray(IMG_NORM_PIXEL(inputImage, above_coord)) - gray(IMG_NORM_PIXEL(inputImage, below_coord));
	gl_FragColor = vec4(vec3(length(vec2(across, along))), color.a);
}
