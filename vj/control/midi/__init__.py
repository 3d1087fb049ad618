"""MIDI: ports in a process of their own; what their bytes mean, and what lights up in return."""
