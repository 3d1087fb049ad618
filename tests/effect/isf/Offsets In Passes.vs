#if __VERSION__ <= 120
varying vec2		taps[3];
#else
out vec2		taps[3];
#endif

void main(void)	{
	isf_vertShaderInit();
	int		half_reach = int(floor(reach/2.0));
	if (PASSINDEX==1 || PASSINDEX==2)	{
		vec2	way = (PASSINDEX==1) ? vec2(1.0, 0.0) : vec2(0.0, 1.0);
		way *= (half_reach==0) ? 1.0 : float(half_reach);
		for (int i = 0; i < 3; i++)
			taps[i] = isf_FragNormCoord + way * float(i - 1) / RENDERSIZE;
	}
}
