"""Sound: an input in a process of its own, and what is heard in it."""
