"""Learning on stage: a look is a small network's weights, learned from frames that a performer has painted over."""
