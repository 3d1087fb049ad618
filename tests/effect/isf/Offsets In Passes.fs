/*{
	"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "blurAmount", "TYPE": "float", "MIN": 0.0, "MAX": 24.0, "DEFAULT": 20.0}],
	"PASSES": [
		{"TARGET": "smaller", "WIDTH": "floor($WIDTH/2.0)", "HEIGHT": "floor($HEIGHT/2.0)", "DESCRIPTION": "half"},
		{"TARGET": "across", "WIDTH": "floor($WIDTH/2.0)", "HEIGHT": "floor($HEIGHT/2.0)"},
		{"TARGET": "along", "WIDTH": "floor($WIDTH/2.0)", "HEIGHT": "floor($HEIGHT/2.0)"},
		{}
	]
}*/

#if __VERSION__ <= 120
varying vec2		texOffsets[5];
#else
in vec2		texOffsets[5];
#endif

void main()	{
	if (PASSINDEX==0)	{
		gl_FragColor = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord);
	}
	else if (PASSINDEX==1)	{
		vec4 sample0 = IMG_NORM_PIXEL(smaller,texOffsets[0]);
		vec4 sample1 = IMG_NORM_PIXEL(smaller,texOffsets[1]);
		vec4 sample2 = IMG_NORM_PIXEL(smaller,texOffsets[2]);
		gl_FragColor = vec4((sample0 + sample1 + sample2).rgb / (3.0), 1.0);
	}
	else if (PASSINDEX==2)	{
		vec4 sample0 = IMG_NORM_PIXEL(across,texOffsets[0]);
		vec4 sample1 = IMG_NORM_PIXEL(across,texOffsets[3]);
		vec4 sample2 = IMG_NORM_PIXEL(across,texOffsets[4]);
		gl_FragColor = vec4((sample0 + sample1 + sample2).rgb / (3.0), 1.0);
	}
	else
		gl_FragColor = IMG_THIS_NORM_PIXEL(along);
}
