"""Renders a recorded show again: every picture at its own time, however long it takes to make."""
