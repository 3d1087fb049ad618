/*{
	"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "reach", "TYPE": "float", "MIN": 0.0, "MAX": 24.0, "DEFAULT": 6.0}],
	"PASSES": [
		{"TARGET": "thirds", "WIDTH": "floor($WIDTH/3.0)", "HEIGHT": "floor($HEIGHT/3.0)", "DESCRIPTION": "a third"},
		{"TARGET": "wide", "WIDTH": "floor($WIDTH/3.0)", "HEIGHT": "floor($HEIGHT/3.0)"},
		{"TARGET": "tall", "WIDTH": "floor($WIDTH/3.0)", "HEIGHT": "floor($HEIGHT/3.0)"},
		{}
	]
}*/

#if __VERSION__ <= 120
varying vec2		taps[3];
#else
in vec2		taps[3];
#endif

void main()	{
	vec4 brightest = vec4(0.0);
	if (PASSINDEX==1)	{
		for (int i = 0; i < 3; i++) brightest = max(brightest, IMG_NORM_PIXEL(thirds, taps[i]));
		gl_FragColor = brightest;
	}
	else if (PASSINDEX==2)	{
		for (int i = 0; i < 3; i++) brightest = max(brightest, IMG_NORM_PIXEL(wide, taps[i]));
		gl_FragColor = brightest;
	}
	else
		gl_FragColor = (PASSINDEX==0) ? IMG_NORM_PIXEL(inputImage, isf_FragNormCoord) : IMG_THIS_NORM_PIXEL(tall);
}
