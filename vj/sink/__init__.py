"""Where the picture goes: to a window or to none, and to sinks that take every frame, such as the recorder."""
