"""A level that rises and falls in time when something sets it off."""

import math


class Envelope:
    """Straight up within ``attack`` seconds, then falling towards nothing with the time constant ``release``."""

    def __init__(self) -> None:
        self.level = 0.0
        self._rising = False

    def fire(self) -> None:
        """Begin to rise, from where it is."""
        self._rising = True

    def advance(self, attack: float, release: float, dt: float) -> float:
        """The level after ``dt`` seconds more."""
        if not self._rising:
            self.level *= math.exp(-dt / release) if release > 0.0 else 0.0
        elif attack <= dt:
            self.level, self._rising = 1.0, False
        else:
            self.level += dt / attack
            if self.level >= 1.0:
                self.level, self._rising = 1.0, False
        return self.level
