"""OSC: a UDP port, what may come in by it, what goes back to whom."""
