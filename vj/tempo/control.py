"""What the addresses below `/clock` do to the clock, and what the clock tells back."""

import math
from collections.abc import Callable, Mapping
from functools import partial

from vj.params.control_queue import Change, TriggerHandler
from vj.params.signals import Beat
from vj.params.store import Store
from vj.tempo.tempo import Tempo, beside

PREFIX = "/clock"
_TOLD = 0.05
"""Beats a minute by which a followed speed must have moved before controllers are told of it."""
_LEAP = 0.5
"""Beats that an external count must go back by to count as restarted."""
_PATIENCE = 3.0
"""Seconds without a count after which an external clock is no longer followed."""


class TempoControl:
    """Keeps `/clock/bpm` and the clock's speed the same, whichever of them moved.

    Half, double and nudge stay applied while an external clock is followed, so the performer can correct a tracker that
    locked to half the tempo.
    """

    def __init__(self, store: Store, now: float) -> None:
        """Beats count from ``now``."""
        self._store = store
        self._told = float(store.targets[f"{PREFIX}/bpm"])
        self.tempo = tempo = Tempo(self._told, now)
        self._followed, self._counted, self._heard_at = "", 0.0, -math.inf
        self._factor, self._shift = 1.0, 0.0
        self._commands: Mapping[str, Callable[[float, float], None]] = {
            "tap": lambda amount, at: tempo.tap(at),
            "nudge": lambda amount, at: self._move(lambda: tempo.nudge(amount), at),
            "double": lambda amount, at: self._scale(2.0, at),
            "half": lambda amount, at: self._scale(0.5, at),
            "resync": lambda amount, at: self._move(lambda: tempo.resync(at), at),
        }

    @property
    def source(self) -> str:
        """Who counts."""
        return str(self._store.targets[f"{PREFIX}/source"])

    @property
    def quantum(self) -> float:
        """The beats that launches wait for a multiple of; 0 where they don't wait."""
        chosen = str(self._store.targets[f"{PREFIX}/quantise"])
        return {"none": 0.0, "beat": 1.0, "bar": self.tempo.bar}.get(chosen, self.tempo.phrase)

    @property
    def trim(self) -> float:
        """Seconds that launches are to be earlier by."""
        return float(self._store.targets[f"{PREFIX}/trim"]) / 1e3

    def advance(self, beats: Mapping[str, Beat], now: float) -> None:
        """Once a frame: take over what a hand has set, go along with who counts, and tell the speed."""
        values = self._store.targets
        self.tempo.bar = float(values[f"{PREFIX}/bar"])
        self.tempo.phrase = self.tempo.bar * float(values[f"{PREFIX}/phrase"])
        wanted = float(values[f"{PREFIX}/bpm"])
        if wanted != self._told:
            self.tempo.set_bpm(wanted, now)
            self._told = wanted
        counted = beats.get(self.source)
        if counted and counted.playing:
            self._follow(counted, now)
        elif counted and abs(counted.bpm * self._factor - self.tempo.bpm) >= _TOLD:
            self.tempo.set_bpm(counted.bpm * self._factor, now)  # a stopped clock may still change its speed
        self._tell()

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """What the triggers below `/clock` do, by address. Each counts from when it came."""
        return {f"{PREFIX}/{name}": partial(self._command, command) for name, command in self._commands.items()}

    def _command(self, command: Callable[[float, float], None], change: Change, now: float) -> None:
        command(change.amount, change.at or now)
        self._tell()

    def _follow(self, counted: Beat, now: float) -> None:
        """What is heard tells when beats are, not which: they are taken for those of ours that are next to them."""
        if self.source != self._followed or counted.beat < self._counted - _LEAP:
            self._factor, self._shift = 1.0, 0.0
        self._followed, self._counted, self._heard_at = self.source, counted.beat, now
        beat = counted.beat * self._factor + self._shift
        if self.source == "audio" or self._factor != 1.0:
            beat = beside(beat, self.tempo.beat(counted.at))
        self.tempo.follow(Beat(counted.at, beat, counted.bpm * self._factor), now)

    def _scale(self, factor: float, at: float) -> None:
        if self.tempo.scale(factor, at) and self._is_following(at):
            self._factor *= factor

    def _move(self, move: Callable[[], None], at: float) -> None:
        before = self.tempo.beat(at)
        move()
        if self._is_following(at):
            self._shift += self.tempo.beat(at) - before

    def _is_following(self, now: float) -> bool:
        return self.source == self._followed and now - self._heard_at < _PATIENCE

    def _tell(self) -> None:
        if abs(self.tempo.bpm - self._told) >= _TOLD:
            self._told = round(self.tempo.bpm, 2)
            self._store.jump_to({f"{PREFIX}/bpm": self._told})
