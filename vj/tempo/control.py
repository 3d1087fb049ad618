"""Connects the parameters and triggers below `/clock` with the `Tempo`, in both directions."""

import math
from collections.abc import Callable, Mapping
from functools import partial

from vj.params.control_queue import Change, TriggerHandler
from vj.params.signals import Beat
from vj.params.store import Store
from vj.tempo.tempo import Tempo, beside

PREFIX = "/clock"
_TOLD = 0.05
"""Beats per minute by which a followed tempo must have moved before `/clock/bpm` is set to it."""
_LEAP = 0.5
"""Beats by which an external count must go back to count as restarted."""
_PATIENCE = 3.0
"""Seconds without a count after which an external clock is no longer followed."""


class TempoControl:
    """Keeps the parameter ``/clock/bpm`` and ``tempo``, the show's `Tempo`, which it makes itself, the same to 0.05
    bpm, whichever of them changed. Only the loop may use it.

    Half, double and nudge stay applied while an external clock is followed, so the performer can correct a tracker that
    locked to half the tempo.
    """

    def __init__(self, store: Store, now: float) -> None:
        """``store`` holds the values below ``/clock``; ``now`` (monotonic seconds) becomes beat 0."""
        self._store = store
        self._told = float(store.targets[f"{PREFIX}/bpm"])
        self.tempo = tempo = Tempo(self._told, now)
        self._followed = ""
        self._counted = 0.0
        self._heard_at = -math.inf
        self._factor = 1.0
        self._shift = 0.0
        self._commands: Mapping[str, Callable[[float, float], None]] = {
            "tap": lambda amount, at: tempo.tap(at),
            "nudge": lambda amount, at: self._move(lambda: tempo.nudge(amount), at),
            "double": lambda amount, at: self._scale(2.0, at),
            "half": lambda amount, at: self._scale(0.5, at),
            "resync": lambda amount, at: self._move(lambda: tempo.resync(at), at),
        }

    @property
    def source(self) -> str:
        """The clock that the performer chose to follow: ``internal`` (none), ``midi``, ``link`` or ``audio``."""
        return str(self._store.targets[f"{PREFIX}/source"])

    @property
    def quantum(self) -> float:
        """Launches wait for the next multiple of this many beats: 1, or a bar or a phrase as long as at the last
        `advance`; 0 if they don't wait.
        """
        chosen = str(self._store.targets[f"{PREFIX}/quantise"])
        return {"none": 0.0, "beat": 1.0, "bar": self.tempo.bar}.get(chosen, self.tempo.phrase)

    @property
    def trim(self) -> float:
        """Seconds by which launches are to come earlier than the measured latency asks; below 0 later."""
        return float(self._store.targets[f"{PREFIX}/trim"]) / 1e3

    def advance(self, beats: Mapping[str, Beat], now: float) -> None:
        """Take over bar, phrase and a tempo that the performer has set, and follow the chosen clock. If the tempo then
        differs from ``/clock/bpm`` by 0.05 bpm or more, set that, rounded to 0.01, at once.

        Call it at least once a frame. ``beats`` holds the counts that have come since, by source (``midi``, ``link``,
        ``audio``); only that of `source` is used: of one that isn't playing just the tempo, and without one the tempo
        runs on. ``now`` is the frame's time (monotonic s).
        """
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
        """The handlers of ``/clock/tap``, ``nudge``, ``double``, ``half`` and ``resync``, by full address.

        Each acts at the time when its message came (``at`` of the change) or, if that is unknown, at the frame's time,
        and then sets ``/clock/bpm`` as `advance` does. Only nudge uses the change's ``amount`` (beats).
        """
        return {f"{PREFIX}/{name}": partial(self._command, command) for name, command in self._commands.items()}

    def _command(self, command: Callable[[float, float], None], change: Change, now: float) -> None:
        command(change.amount, change.at or now)
        self._tell()

    def _follow(self, counted: Beat, now: float) -> None:
        """Follow an external count.

        A count from the sound, or one that was doubled or halved, says when beats are but not which: each is taken for
        the nearest of our own beats.
        """
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
