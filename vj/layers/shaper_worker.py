"""The show's side of the process that shapes what a layer's models see."""

from collections.abc import Callable
from functools import partial
from typing import Final

from vj.base.clock import now
from vj.base.frame import Size
from vj.child.process import ChildSpec
from vj.child.shared_curves import Curve, SharedCurves
from vj.child.shared_json import SharedJson
from vj.child.supervisor import Child, Limits
from vj.effect.shaper import Shaping
from vj.gl.spectrum import POINTS
from vj.layers.layer_worker import LayerWorker
from vj.layers.source_slots import SOURCE_TO_SHAPER, SourceSlots, reader_number

SHAPER_NICE: Final = 5
"""How far the process steps back behind the display, in nice values: as far as the engines, which wait for it."""
_SILENCE: Final = 5.0
"""Seconds that the process may take for a picture before it counts as hung: a slow renderer compiles for seconds."""
_STALE, _GAPS, _UNKNOWN = 0.7, 4.0, 3.0
"""It keeps up no longer when it has given no picture for `_STALE` seconds, and for `_GAPS` of its own usual gaps, while
the source has gone on; `_UNKNOWN` seconds before its usual gap is known."""
_LEARNS: Final = 0.2
"""The weight of the newest gap in the usual one."""


class ShaperWorker:
    """A child that shapes a source's pictures; it is started when it is first asked to. See
    `vj.layers.before_chain.PictureShaper`. Only the loop may use it."""

    def __init__(
        self,
        slots: SourceSlots,
        layer: int,
        box: Size,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
        now: Callable[[], float] = now,
    ) -> None:
        """It reads one of ``slots`` for ``layer`` (from 1), and publishes into the one that is there for that.
        Pictures fit into ``box``. ``start`` has a child supervised, ``end`` has it ended and then calls what it is
        given; neither may wait. ``now`` is the monotonic clock (s).
        """
        self.slot = slots.shaped(layer)
        self.child: Child | None = None
        """The process; None while nothing is to be shaped."""
        self._slots = slots
        self._output = slots.memories[self.slot]
        self._layer = layer
        self._box = box
        self._start, self._end = start, end
        self._now = now
        self._memory: tuple[SharedJson, SharedCurves] | None = None
        """Where the process finds what is wanted, and what is heard; None while there is no process."""
        self._written: Shaping | None = None
        """What was asked for last; None while it rests."""
        self._before = 0
        """How many pictures there were when it was asked, or when its process wasn't running."""
        self._published, self._at, self._gap = 0, 0.0, 0.0
        self._source: LayerWorker | None = None
        self._source_published = 0

    @property
    def notice(self) -> str:
        """What is wrong with the process or with its effects; usually empty."""
        if self.child is None:
            return ""
        if self.child.state in ("restarting", "unavailable"):
            return f"effects before the model: {self.child.fault}"
        return str(self.child.info.get("notice", ""))

    def ask(self, wanted: Shaping, source: LayerWorker) -> None:
        """As in `vj.layers.before_chain.PictureShaper.ask`."""
        if self._written is None:
            self._wait()
        wishes, _ = self._memory = self._memory or self._begin()
        if wanted is not self._written:
            self._written = wanted
            wishes.write(wanted._asdict())

    def serves(self, source: LayerWorker) -> bool:
        """As in `vj.layers.before_chain.PictureShaper.serves`."""
        if self.child is None or self.child.state != "running":
            self._wait()
        published = self._output.published
        if published == self._before:
            return False
        now, given = self._now(), source.output.published
        if published != self._published or source is not self._source:
            if self._at and published == self._published + 1:
                gap = now - self._at
                self._gap += _LEARNS * (gap - self._gap) if self._gap else gap
            self._published, self._at = published, now
            self._source, self._source_published = source, given
        is_behind = given > self._source_published + 1
        longest = max(_STALE, _GAPS * self._gap) if self._gap else _UNKNOWN
        return not is_behind or now - self._at < longest

    def rest(self) -> None:
        """As in `vj.layers.before_chain.PictureShaper.rest`."""
        if self._written is not None and self._memory:
            self._written = None
            self._memory[0].write(Shaping()._asdict())

    def fire(self, instance: str, name: str) -> None:
        """As in `vj.layers.before_chain.PictureShaper.fire`."""
        if self.child:
            self.child.send({"fire": [instance, name]})

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        """As in `vj.layers.before_chain.PictureShaper.hear`."""
        if self._memory:
            self._memory[1].write(waveform, spectrum)

    def end(self) -> None:
        """As in `vj.layers.before_chain.PictureShaper.end`."""
        self._written = None
        if self.child and self._memory:
            self._end(self.child, partial(self._gone, self._memory))
            self.child = self._memory = None

    def close(self) -> None:
        """Close the memory. The child must have ended. Harmless a second time."""
        if self._memory:
            _close(self._memory)

    def _gone(self, memory: tuple[SharedJson, SharedCurves]) -> None:
        """Give back what the process had, as it has ended."""
        _close(memory)
        self._slots.let_go(reader_number(self._layer, SOURCE_TO_SHAPER))

    def _wait(self) -> None:
        """Wait for the next picture: it doesn't serve before that."""
        self._before, self._at = self._output.published, 0.0

    def _begin(self) -> tuple[SharedJson, SharedCurves]:
        """Have the process started. Returns the memory in which it finds what is wanted, and what is heard."""
        wishes, sound = SharedJson(), SharedCurves(POINTS)
        config = {
            "sources": self._slots.describe(),
            "reader": reader_number(self._layer, SOURCE_TO_SHAPER),
            "output": self.slot,
            "box": self._box,
            "prefix": f"/layer/{self._layer}/before",
            "wanted": wishes.describe(),
            "sound": sound.describe(),
        }
        fds = self._slots.fds + wishes.fds + sound.fds
        spec = ChildSpec("effects", "vj.effect.shaper:main", config, fds, SHAPER_NICE)
        self.child = Child(spec, lambda: self._output.heartbeats, Limits(silence=_SILENCE))
        self._start(self.child)
        return wishes, sound


def _close(memory: tuple[SharedJson, SharedCurves]) -> None:
    for part in memory:
        part.close()
