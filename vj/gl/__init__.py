"""OpenGL: contexts, programs, textures, text and reading back. Knows nothing of sources or models."""
