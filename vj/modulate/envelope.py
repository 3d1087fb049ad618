"""An envelope: a level that rises and falls in time when it is fired."""

import math


class Envelope:
    """A level, 0..1, that rises evenly when it is fired, then falls exponentially towards 0.

    ``level`` is the one that `advance` returned last; 0 at first.
    """

    def __init__(self) -> None:
        self.level = 0.0
        self._rising = False

    def fire(self) -> None:
        """Begin to rise from the present level, at the next `advance`."""
        self._rising = True

    def advance(self, attack: float, release: float, dt: float) -> float:
        """Move on by ``dt`` seconds, and return the level then.

        It rises from 0 to 1 in ``attack`` seconds (at once if that is no longer than ``dt``), and falls with the time
        constant ``release`` in seconds (0: at once).
        """
        if not self._rising:
            self.level *= math.exp(-dt / release) if release > 0.0 else 0.0
        elif attack <= dt:
            self.level, self._rising = 1.0, False
        else:
            self.level += dt / attack
            if self.level >= 1.0:
                self.level, self._rising = 1.0, False
        return self.level
