"""MIDI: the ports in a process of their own, what controls do to parameters, and the lights of controllers."""
