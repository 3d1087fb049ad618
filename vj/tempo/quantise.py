"""Holds launched triggers until their beat, and releases them early enough to be seen on it."""

from dataclasses import replace
from typing import NamedTuple, Protocol

from vj.params.control_queue import Change

_MOST = 256
"""Triggers that may wait at the same time; more are dropped."""
_CLOSE = 1e-6
"""Beats that differ by less count as the same."""


class Beats(Protocol):
    """The part of the musical clock that a `Quantiser` needs; `vj.tempo.tempo.Tempo` defines it, this base doesn't."""

    def beat(self, at: float) -> float:
        """Returns the beat, with its fraction, at the time ``at`` (monotonic seconds)."""

    def at(self, beat: float) -> float:
        """Returns the time (monotonic seconds) of ``beat``, if the tempo doesn't change until then."""


class _Held(NamedTuple):
    """A ``change`` that waits for beat ``when``, a multiple of ``every`` beats."""

    change: Change
    every: float
    when: float


class Quantiser:
    """Holds triggers until a beat; it fires nothing, as `due` hands them back.

    Triggers whose addresses differ only in the last part (``/snapshot/1``, ``/snapshot/2``) exclude each other: of
    those that wait, only the newest is launched.
    """

    def __init__(self, tempo: Beats) -> None:
        self._tempo = tempo
        self._held: dict[str, _Held] = {}

    def hold(self, change: Change, every: float, now: float) -> None:
        """Hold ``change`` until the first multiple of ``every`` beats (above 0) after ``now`` (monotonic s).

        It replaces the one that it excludes. If it comes too late to be seen on its beat, the next `due` returns it, as
        it was meant for that beat. If 256 wait already, it is dropped.
        """
        self._held.pop(_group(change), None)
        if len(self._held) < _MOST:
            self._held[_group(change)] = _Held(change, every, self._next(every, now))

    def supersede(self, change: Change) -> None:
        """Drop the waiting trigger, if any, that ``change``, which is launched at once, excludes."""
        self._held.pop(_group(change), None)

    def due(self, now: float, lookahead: float) -> list[Change]:
        """Remove and return the triggers that are seen on their beat, or later, if they start at ``now`` (monotonic s),
        in the order in which they came. Their ``at`` is the time of that beat; usually there are none.

        ``lookahead``: seconds from now until the effect of a trigger is seen. One whose beat is further off than it was
        asked to wait at most, as the followed clock has restarted, gets the next fitting beat.
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
        """Drop all triggers that wait."""
        self._held.clear()

    @property
    def waiting(self) -> list[tuple[str, float]]:
        """The addresses of the triggers that wait, each with its beat, in a new list. May be read from any thread."""
        return [(held.change.address, held.when) for held in tuple(self._held.values())]


def _group(change: Change) -> str:
    return change.address.rpartition("/")[0]
