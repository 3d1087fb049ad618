"""One layer of the show: a source, the model that looks at it, and what of the two is on the canvas."""

from dataclasses import dataclass, field
from typing import get_args

import moderngl

from vj.child.supervisor import Child
from vj.frame.frame import Frame
from vj.frame.slot import Slot
from vj.frame.values import Values
from vj.gl.canvas import Canvas
from vj.gl.program import Pass, fit_scale
from vj.gl.texture import Picture
from vj.ladder import Ladder, Rung
from vj.mailbox import Change
from vj.store import Snapshot

SOURCE_TO_LOOP, SOURCE_TO_MODEL = 0, 1
"""The readers of a source's slot."""

_FADE = 0.25
"""Seconds to fade between the model's picture and the source when the rung changes."""
_KEPT = 6
"""Source pictures kept on the GPU, so that a result is mixed with the very picture that it was made from."""


@dataclass
class Feed:
    """A child and the ways to and from it."""

    child: Child
    slot: Slot
    values: Values
    prefix: str
    _published: int = 0
    _before: tuple[int, ...] = ()

    def start_counting(self) -> None:
        """Count from here."""
        self._published = self.slot.published
        self._before = tuple(self.slot.untaken(reader) for reader in range(self.slot.readers))

    @property
    def frames(self) -> int:
        """Frames delivered since counting began."""
        return self.slot.published - self._published

    def dropped(self, reader: int) -> int:
        """Frames that ``reader`` never saw, since counting began."""
        return max(0, self.slot.dropped(reader) - (self._before[reader] if self._before else 0))

    def send_values(self, snapshot: Snapshot) -> None:
        """Pass on the parameters below ``prefix``."""
        self.values.write({name: snapshot[f"{self.prefix}/{name}"] for name in self.values.names})


@dataclass
class Layer:
    """See `update` and `draw`: the first may change the layer, the second only shows it."""

    ctx: moderngl.Context
    number: int
    source: Feed
    model: Feed
    still: Picture
    ladder: Ladder = field(default_factory=Ladder)
    rung: Rung = "still"
    late: int = 0
    is_late: bool = False
    """Whether what is shown now is too old to be called live; ``late`` counts the refreshes of which that was so."""

    def __post_init__(self) -> None:
        self._passes = {define: Pass(self.ctx, "layer", define) for define in ("", "MIXED", "EXACT")}
        self._from_source = self.source.slot.reader(SOURCE_TO_LOOP)
        self._from_model = self.model.slot.reader(0)
        self._kept = [Picture(self.ctx) for _ in range(_KEPT)]
        self._raw: Frame | None = None
        self._result = Picture(self.ctx)
        self._result_of = 0
        self._result_captured = 0.0
        self._opacity, self._strength, self._fit = 1.0, 1.0, "fill"
        self._weight, self._began, self._frozen = 0.0, False, False
        self._version = -1
        self.rungs: dict[str, int] = dict.fromkeys(get_args(Rung), 0)

    @property
    def prefix(self) -> str:
        return f"/layer/{self.number}"

    def command(self, change: Change) -> None:
        """Pass a trigger on to the child that it belongs to."""
        for feed in (self.source, self.model):
            if change.address.startswith(feed.prefix + "/"):
                feed.child.send({"trigger": change.address.rsplit("/", 1)[1], "amount": change.amount})

    def follow(self, snapshot: Snapshot) -> None:
        """Take over the parameters, and pass the children theirs, if anything changed."""
        if snapshot.version == self._version:
            return
        self._version = snapshot.version
        self.source.send_values(snapshot)
        self.model.send_values(snapshot)
        self._opacity = snapshot.number(f"{self.prefix}/opacity")
        self._strength = snapshot.number(f"{self.prefix}/model/strength")
        self._fit = str(snapshot[f"{self.prefix}/fit"])

    def update(self, now: float, dt: float, frozen: bool = False) -> float | None:
        """Take what the children made since the last frame, and decide the rung.

        Returns the capture time of a picture that is shown for the first time, if there is one. ``frozen`` holds the
        picture; what comes meanwhile is only noted, so that an outage is known all the same.
        """
        if frozen:
            self._hold(now)
            return None
        self._frozen = False
        new_raw = self._take_raw(now)
        new_result = self._take_result(now)
        self.rung = self.ladder.rung(now)
        self.rungs[self.rung] += 1
        self._move_weight(dt)
        if self._amount < 1.0 and self._raw:
            self._keep_raw(self._raw)
        self.is_late = self.rung == "model" and now - self._result_captured > self.late_after()
        self.late += self.is_late
        if self.rung == "model":
            return self._result_captured if new_result else None
        return self._raw.captured if self._raw and new_raw and self.rung == "raw" else None

    def rehearse(self, canvas: Canvas) -> None:
        """Draw with every program once: drivers finish their work at a program's first use."""
        self.still.bind(0, canvas.size)
        self.still.bind(1, canvas.size)
        for drawn in self._passes.values():
            self._set(drawn, self.still, canvas, amount=0.0)
            drawn.draw()

    def draw(self, canvas: Canvas) -> None:
        """Draw the layer over the canvas in use."""
        raw, amount = self._matching_raw(), self._amount if self._result.seq else 0.0
        result, mixed = self._result if amount > 0.0 else raw, 0.0 < amount < 1.0
        drawn = self._passes["MIXED" if mixed else "EXACT" if result.size == canvas.size else ""]
        result.bind(1, canvas.size)
        if mixed:
            raw.bind(0, canvas.size)
        self._set(drawn, result, canvas, amount)
        drawn.draw()

    def _set(self, drawn: Pass, shown: Picture, canvas: Canvas, amount: float) -> None:
        drawn["source"], drawn["result"], drawn["amount"] = 0, 1, amount
        drawn["opacity"] = self._opacity
        drawn["reach"] = fit_scale(self._fit, shown.size, canvas.size)

    @property
    def torn(self) -> int:
        """Pictures that changed while they were read; always 0 unless the slot is broken."""
        return self._from_source.torn + self._from_model.torn

    def start_counting(self) -> None:
        """What came before the show doesn't count in its figures."""
        self.source.start_counting()
        self.model.start_counting()
        self.late, self.rungs = 0, dict.fromkeys(self.rungs, 0)

    def late_after(self) -> float:
        """The age (s) beyond which a result counts as late: two capture periods and one inference."""
        return 2.0 * self.ladder.source.period + self.inference

    @property
    def inference(self) -> float:
        """Mean seconds of one inference, as the engine reports it."""
        count, seconds = self.model.child.info.get("parts", {}).get("infer", (0, 0.0))
        return seconds / count if count else 0.0

    @property
    def _amount(self) -> float:
        return self._strength * self._weight

    def _hold(self, now: float) -> None:
        """Keep the source's picture of the moment too: the strength may be turned down while all is frozen."""
        if not self._frozen and self._raw:
            self._keep_raw(self._raw)
        self._frozen = True
        self._take_raw(now)
        if self._from_model.newest():
            self.ladder.model.came(now)
        self.rung = self.ladder.rung(now)

    def _take_raw(self, now: float) -> bool:
        frame = self._from_source.newest()
        if frame is None:
            return False
        self._raw = frame
        self.ladder.source.came(now)
        return True

    def _take_result(self, now: float) -> bool:
        """Whether there is a result for a picture that none was shown of (a control may have asked for another)."""
        frame = self._from_model.newest()
        if frame is None:
            return False
        self._result.upload(frame.pixels, frame.seq)
        is_new, self._result_of = frame.origin != self._result_of, frame.origin
        self._result_captured = frame.captured
        self.ladder.model.came(now)
        return is_new

    def _move_weight(self, dt: float) -> None:
        """Fade towards the model's picture or away from it; the first picture of a show needs no fade."""
        goal = 1.0 if self.rung in ("model", "hold") else 0.0
        if not self._began:
            self._weight, self._began = goal, self.rung != "still"
        step = dt / _FADE
        self._weight += max(-step, min(step, goal - self._weight))

    def _keep_raw(self, frame: Frame) -> None:
        place = self._kept[frame.seq % _KEPT]
        if place.seq != frame.seq:
            place.upload(frame.pixels, frame.seq)

    def _matching_raw(self) -> Picture:
        """The source's picture that the result was made from if it is still kept, else the newest."""
        newest = max(self._kept, key=_seq)
        if self._amount > 0.0:
            wanted = self._kept[self._result_of % _KEPT]
            if wanted.seq == self._result_of and wanted.seq:
                return wanted
        return newest if newest.seq else self.still


def _seq(picture: Picture) -> int:
    return picture.seq
