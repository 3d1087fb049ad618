"""The show: its wiring, its loop, the desk between controls and values, the HUD, saving and recording."""
