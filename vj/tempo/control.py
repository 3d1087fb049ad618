"""What the addresses below `/clock` do to the clock, and what the clock tells back."""

from collections.abc import Mapping

from vj.mailbox import Change
from vj.signals import Beat
from vj.store import Store
from vj.tempo.tempo import Tempo

PREFIX = "/clock"
_TOLD = 0.05
"""Beats a minute by which a followed speed must have moved before controllers are told of it."""


class TempoControl:
    """Keeps `/clock/bpm` and the clock's speed the same, whichever of them moved."""

    def __init__(self, tempo: Tempo, store: Store) -> None:
        self.tempo, self._store = tempo, store
        self._told = float(store.targets[f"{PREFIX}/bpm"])
        tempo.set_bpm(self._told, 0.0)
        self._commands = {
            "tap": lambda amount, at: tempo.tap(at),
            "nudge": lambda amount, at: tempo.nudge(amount),
            "double": lambda amount, at: tempo.scale(2.0, at),
            "half": lambda amount, at: tempo.scale(0.5, at),
            "resync": lambda amount, at: tempo.resync(at),
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

    def step(self, beats: Mapping[str, Beat], now: float) -> None:
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
            self.tempo.follow(self._placed(counted, now), now)
        self._tell()

    def command(self, change: Change, now: float) -> bool:
        """Whether the trigger was one of the clock's; it counts from when it came."""
        name = change.address.removeprefix(f"{PREFIX}/")
        if not change.address.startswith(PREFIX) or name not in self._commands:
            return False
        self._commands[name](change.amount, change.at or now)
        self._tell()
        return True

    def _placed(self, counted: Beat, now: float) -> Beat:
        """What is heard tells when beats are, not which: they are taken for those of ours that are next to them."""
        if self.source != "audio":
            return counted
        ours = self.tempo.beat(counted.at)
        return counted._replace(beat=counted.beat + round(ours - counted.beat))

    def _tell(self) -> None:
        if abs(self.tempo.bpm - self._told) >= _TOLD:
            self._told = round(self.tempo.bpm, 2)
            self._store.place({f"{PREFIX}/bpm": self._told})
