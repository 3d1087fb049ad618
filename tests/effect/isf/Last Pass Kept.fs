/*{
 "INPUTS": [{"NAME": "forget", "TYPE": "event"}, {"NAME": "ink", "TYPE": "color", "DEFAULT": [1, 0.5, 0.25, 1]}],
 "PASSES": [
  {"TARGET": "steps", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
  {"TARGET": "columns", "PERSISTENT": true}
 ]
}*/

float trunc (float x)	{ return sign(x) * floor(abs(x)); }

void main()	{
	bool counts = PASSINDEX == 0;
	if (counts)
		gl_FragColor = (FRAMEINDEX==0) ? vec4(0.0) : IMG_THIS_PIXEL(steps) + vec4(1.0);
	else if (forget)
		gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0);
	else	{
		float step_now = IMG_PIXEL(steps,vec2(0.0)).r;
		bool is_drawn = trunc(gl_FragCoord.x) == mod(step_now, IMG_SIZE(columns).x);
		gl_FragColor = is_drawn ? ink : IMG_THIS_PIXEL(columns);
	}
}
