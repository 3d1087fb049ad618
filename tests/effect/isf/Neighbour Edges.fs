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
varying vec2 lower;
varying vec2 upper;
#else
in vec2 lower;
in vec2 upper;
#endif

vec4 seen(float x, float y)
{
	return IMG_NORM_PIXEL(inputImage, vec2(x, y));
}

void main()
{
	vec4 least = min(min(seen(lower.x, lower.y), seen(upper.x, lower.y)), min(seen(lower.x, upper.y), seen(upper.x, upper.y)));
	vec4 here = IMG_THIS_PIXEL(inputImage);
	gl_FragColor = vec4(here.rgb - least.rgb, here.a);
}
