"""The envelope follower: rises at one pace, falls at another."""

from math import exp


class EnvelopeFollower:
    """``attack`` and ``release`` are time constants in seconds (0: at once); what lies below ``gate`` counts as 0."""

    def __init__(self, attack: float, release: float, gate: float = 0.0) -> None:
        self.attack, self.release, self.gate = attack, release, gate
        self.value = 0.0

    def advance(self, x: float, dt: float) -> float:
        """Follow ``x`` for ``dt`` seconds; return the new value."""
        target = x if x >= self.gate else 0.0
        tau = self.attack if target > self.value else self.release
        self.value = target if tau <= 0.0 else target + (self.value - target) * exp(-max(0.0, dt) / tau)
        return self.value
