"""OSC over UDP: what may come in, what it does, and which changes go back to which client."""
