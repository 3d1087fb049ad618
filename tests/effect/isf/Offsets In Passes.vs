#if __VERSION__ <= 120
varying vec2		texOffsets[5];
#else
out vec2		texOffsets[5];
#endif

void main(void)	{
	isf_vertShaderInit();
	int			blurLevel = int(floor(blurAmount/6.0));
	float		blurRadius = (blurLevel==3) ? mod(blurAmount, 6.0) : 3.0;
	if (PASSINDEX==1 || PASSINDEX==2)	{
		vec2	d = blurRadius / RENDERSIZE;
		texOffsets[0] = isf_FragNormCoord;
		texOffsets[1] = clamp(vec2(isf_FragNormCoord[0]-d.x, isf_FragNormCoord[1]),0.0,1.0);
		texOffsets[2] = clamp(vec2(isf_FragNormCoord[0]+d.x, isf_FragNormCoord[1]),0.0,1.0);
		texOffsets[3] = clamp(vec2(isf_FragNormCoord[0], isf_FragNormCoord[1]-d.y),0.0,1.0);
		texOffsets[4] = clamp(vec2(isf_FragNormCoord[0], isf_FragNormCoord[1]+d.y),0.0,1.0);
	}
}
