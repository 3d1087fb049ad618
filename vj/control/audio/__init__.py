"""Sound: a process that listens to an input, and what the show gets to know of the sound."""
