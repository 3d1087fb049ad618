"""What controllers show on the lights of triggers. A trigger has no value, but what it launches may play or wait."""

from typing import NamedTuple


class Indicators(NamedTuple):
    """Addresses of triggers whose target plays (``on``), waits for its time (``waiting``) or exists (``there``).

    A target is a snapshot, a cue or the model of a bank button: `/snapshot/3` is ``there`` if slot 3 is filled.
    ``first | second`` returns the addresses of both.
    """

    on: frozenset[str]
    waiting: frozenset[str]
    there: frozenset[str]

    def __or__(self, other: "Indicators") -> "Indicators":
        return Indicators(self.on | other.on, self.waiting | other.waiting, self.there | other.there)


_NONE: frozenset[str] = frozenset()
DARK = Indicators(_NONE, _NONE, _NONE)
"""No light is on."""
