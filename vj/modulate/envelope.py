"""An envelope: a level that rises and falls in time when it is fired."""

import math


class Envelope:
    """A level, 0..1, that rises evenly within ``attack`` seconds, then falls towards 0 with the time constant
    ``release`` (s).
    """

    def __init__(self) -> None:
        self.level = 0.0
        self._rising = False

    def fire(self) -> None:
        """Begin to rise from the present level."""
        self._rising = True

    def advance(self, attack: float, release: float, dt: float) -> float:
        """Returns the level after another ``dt`` seconds."""
        if not self._rising:
            self.level *= math.exp(-dt / release) if release > 0.0 else 0.0
        elif attack <= dt:
            self.level, self._rising = 1.0, False
        else:
            self.level += dt / attack
            if self.level >= 1.0:
                self.level, self._rising = 1.0, False
        return self.level
