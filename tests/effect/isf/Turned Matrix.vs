varying mat2 sheared;

void main()
{
	isf_vertShaderInit();
	sheared = mat2(1.0, skew, 0.0, 1.0);
}
