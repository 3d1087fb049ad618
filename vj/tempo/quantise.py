"""What is launched waits for its beat, and starts early enough to be seen on it."""

from dataclasses import replace
from typing import NamedTuple, Protocol

from vj.params.control_queue import Change

_MOST = 256
"""Waiting at once."""
_CLOSE = 1e-6
"""Beats: numbers that mean the same."""


class Beats(Protocol):
    """What is needed of a `vj.tempo.tempo.Tempo`."""

    def beat(self, at: float) -> float: ...

    def at(self, beat: float) -> float: ...


class _Held(NamedTuple):
    """``change`` waits for beat ``when``, a multiple of ``every``."""

    change: Change
    every: float
    when: float


class Quantiser:
    """Holds triggers until a beat. Of those that exclude each other (``/snapshot/1``, ``/snapshot/2``) the last one
    asked for is launched, as clips are.
    """

    def __init__(self, tempo: Beats) -> None:
        self._tempo = tempo
        self._held: dict[str, _Held] = {}

    def hold(self, change: Change, every: float, now: float) -> None:
        """Launch ``change`` on the next multiple of ``every`` beats. What comes too late to be seen on it is launched
        at once: it was meant for that beat.
        """
        if len(self._held) < _MOST:
            self._held.pop(_group(change), None)
            self._held[_group(change)] = _Held(change, every, self._next(every, now))

    def supersede(self, change: Change) -> None:
        """``change`` is launched at once: what waits to do the same kind of thing isn't wanted any more."""
        self._held.pop(_group(change), None)

    def due(self, now: float, lookahead: float) -> list[Change]:
        """Those whose beat is seen if they start now, in the order of asking; ``at`` is then the time of that beat.

        ``lookahead``: seconds from now until what they do is seen.
        """
        if not self._held:
            return []
        launched = []
        for group, held in tuple(self._held.items()):
            if held.when - self._tempo.beat(now) > held.every + _CLOSE:  # the followed clock restarted
                held = self._held[group] = held._replace(when=self._next(held.every, now))
            if self._tempo.beat(now + lookahead) >= held.when - _CLOSE:
                del self._held[group]
                launched.append(replace(held.change, at=self._tempo.at(held.when)))
        return launched

    def _next(self, every: float, now: float) -> float:
        return (self._tempo.beat(now) // every + 1.0) * every

    def clear(self) -> None:
        """Nothing waits any more."""
        self._held.clear()

    @property
    def waiting(self) -> list[tuple[str, float]]:
        """Addresses, and the beats that they wait for; from any thread."""
        return [(held.change.address, held.when) for held in tuple(self._held.values())]


def _group(change: Change) -> str:
    return change.address.rpartition("/")[0]
