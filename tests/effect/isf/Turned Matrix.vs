varying mat2 rotmat;

void main()
{
	isf_vertShaderInit();
	float theta = radians(angle);
	float c = cos(theta);
	float s = sin(theta);
	rotmat = mat2(c,s,-s,c);
}
