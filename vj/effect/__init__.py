"""Effects: a host for shaders of the Interactive Shader Format (ISF), and chains of them."""
