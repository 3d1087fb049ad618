"""Where the picture goes: a window or no window (equals), and what else takes every frame."""
