"""The show: wiring, the loop, the desk between controls and values, display of readings, saving, recording."""
