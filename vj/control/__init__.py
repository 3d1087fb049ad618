"""All controls of a show: OSC, the web, MIDI, sound, Ableton Link, keys and dropped files.

Each receiver checks what comes and puts it into the control queue. It changes nothing else.
"""
