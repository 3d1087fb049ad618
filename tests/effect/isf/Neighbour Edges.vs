#if __VERSION__ <= 120
varying vec2 lower;
varying vec2 upper;
#else
out vec2 lower;
out vec2 upper;
#endif

void main()
{
	isf_vertShaderInit();
	vec2 by = vec2(spread)/RENDERSIZE;
	lower = clamp(isf_FragNormCoord-by,0.0,1.0);
	upper = clamp(isf_FragNormCoord+by,0.0,1.0);
}
