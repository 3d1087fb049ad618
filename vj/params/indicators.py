"""What the lights of triggers show: a trigger has no value, but something that it launched may play, or wait."""

from typing import NamedTuple


class Indicators(NamedTuple):
    """Addresses of triggers: what they launch plays (``on``), is ``waiting`` for its time, or is ``there``."""

    on: frozenset[str]
    waiting: frozenset[str]
    there: frozenset[str]

    def __or__(self, other: "Indicators") -> "Indicators":
        return Indicators(self.on | other.on, self.waiting | other.waiting, self.there | other.there)


_NONE: frozenset[str] = frozenset()
DARK = Indicators(_NONE, _NONE, _NONE)
