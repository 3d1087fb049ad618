"""An envelope follower: smooths a signal, rising at one speed and falling at another."""

from math import exp


class EnvelopeFollower:
    """Smooths a signal exponentially. ``value`` is where it stands; 0 at first. The other attributes may be changed."""

    def __init__(self, attack: float, release: float, gate: float = 0.0) -> None:
        """``attack`` and ``release`` are the time constants of rising and falling in seconds (0: at once).

        An input below ``gate`` counts as 0.
        """
        self.attack = attack
        self.release = release
        self.gate = gate
        self.value = 0.0

    def advance(self, x: float, dt: float) -> float:
        """Move ``value`` towards the input ``x``, as if ``x`` had stood for ``dt`` seconds. Returns the new value.

        With a time constant of 0 it is ``x`` at once (0 if ``x`` is below ``gate``); a negative ``dt`` counts as 0.
        """
        target = x if x >= self.gate else 0.0
        tau = self.attack if target > self.value else self.release
        self.value = target if tau <= 0.0 else target + (self.value - target) * exp(-max(0.0, dt) / tau)
        return self.value
