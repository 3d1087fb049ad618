"""One layer of the show: a source, the models that look at it, and what of all that is on the canvas."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

import moderngl

from vj.frame.frame import Frame
from vj.frame.latest_frame import Reader
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture
from vj.layers.fallback import Ladder, Rung
from vj.layers.layer_worker import Feed
from vj.layers.model_switcher import Engines
from vj.params.control_queue import Change
from vj.params.param import Value
from vj.params.store import FrameValues
from vj.preset.model_settings import ModelSettings

SOURCE_TO_LOOP, SOURCE_TO_BANK, SOURCE_TO_GUESTS = 0, 1, (2, 3, 4, 5)
"""The readers of a source's slot. Guests that were sent away may still be there while the next ones come."""
SOURCE_READERS = 6

_FADE = 0.25
"""Seconds to fade between the model's picture and the source when the rung changes."""
_KEPT = 6
"""Source pictures kept on the GPU, so that a result is mixed with the very picture that it was made from."""


@dataclass
class Layer:
    """See `update` and `draw`: the first may change the layer, the second only shows it."""

    ctx: moderngl.Context
    passes: LayerPass
    number: int
    source: Feed
    engines: Engines
    still: PictureTexture
    settings: ModelSettings
    post: Callable[[str, Value], None]
    """Where the layer sets values of its own accord."""
    passed_over: str = ""
    """Why another source than this one doesn't play, if people can do something about it."""
    ladder: Ladder = field(default_factory=Ladder)
    rung: Rung = "still"
    late: int = 0
    first_result: float | None = None
    """When a model's picture was first taken, on the clock that all processes share (s)."""
    is_late: bool = False
    """Whether what is shown now is too old to be called live; ``late`` counts the refreshes of which that was so."""

    def __post_init__(self) -> None:
        self._guides = not is_software(self.ctx)
        self._readers: dict[Feed, Reader] = {}
        self._kept = [PictureTexture(self.ctx) for _ in range(_KEPT)]
        self._raw: Frame | None = None
        self._result, self._before = PictureTexture(self.ctx), PictureTexture(self.ctx)
        self._result_of = self._result_by = 0
        self._result_captured = 0.0
        self._faded = 1.0
        self._opacity, self._strength, self._fit = 1.0, 1.0, "fill"
        self._colour, self._fade, self.sharp = 0.0, 0.0, False
        self._weight, self._began, self._frozen = 0.0, False, False
        self._version, self.wanted = (-1, -1), ""
        self._torn = 0
        self.rungs: dict[str, int] = dict.fromkeys(get_args(Rung), 0)

    @cached_property
    def _from_source(self) -> Reader:
        """Made when the show begins: until then `vj.show.loading_screen` reads the source in its place."""
        return self.source.slot.reader(SOURCE_TO_LOOP)

    @property
    def prefix(self) -> str:
        return f"/layer/{self.number}"

    @property
    def model(self) -> Feed:
        """The engine that plays."""
        return self.engines.playing

    @property
    def notice(self) -> str:
        """What the performer should know about the models, else about the source."""
        return self.engines.notice or str(self.model.child.info.get("notice", "")) or self.passed_over

    def command(self, change: Change) -> None:
        """Pass a trigger on to the child that it belongs to."""
        for feed in (self.source, self.model):
            if change.address.startswith(feed.prefix + "/"):
                feed.command(change.address.removeprefix(feed.prefix + "/"), change.amount)

    def follow(self, snapshot: FrameValues) -> None:
        """Take over the parameters, and pass the children theirs, if anything changed."""
        self._choose(str(snapshot[f"{self.prefix}/model"]))
        for address, value in self.settings.follow(self.engines.name, snapshot):
            self.post(address, value)
        version = (snapshot.version, self.engines.version)
        if version == self._version:
            return
        self._version = version
        for feed in (self.source, *self.engines.all):
            feed.send_values(snapshot)
        self._opacity = snapshot.number(f"{self.prefix}/opacity")
        self._fit = str(snapshot[f"{self.prefix}/fit"])
        model = f"{self.prefix}/model"
        self._strength, self._colour = snapshot.number(f"{model}/strength"), snapshot.number(f"{model}/colour")
        self._fade = snapshot.number(f"{model}/fade")
        upsample = snapshot[f"{model}/upsample"]
        self.sharp = upsample == "guided" or (upsample == "auto" and self._guides)

    def _choose(self, wanted: str) -> None:
        """Have the engines play ``wanted``; where they can't, the parameter goes back to what plays."""
        self.wanted = wanted
        stays = self.engines.follow(wanted) or self.engines.update()
        if stays is not None:
            self.wanted = stays
            self.post(f"{self.prefix}/model", stays)

    def update(self, now: float, dt: float, frozen: bool = False) -> float | None:
        """Take what the children made since the last frame, and decide the rung.

        Returns the capture time of a picture that is shown for the first time, if there is one. ``frozen`` holds the
        picture; what comes meanwhile is only noted, so that an outage is known all the same.
        """
        if frozen:
            self._hold(now)
            return None
        self._frozen = False
        slowest = self.model.child.info.get("slowest") if self.model.child.state == "running" else None
        self.ladder.pass_time = float(slowest) if isinstance(slowest, int | float) else 0.0
        new_raw = self._take_raw(now)
        new_result = self._take_result(now)
        self.rung = self.ladder.rung(now)
        self.rungs[self.rung] += 1
        self._move_weight(dt)
        self._faded = min(1.0, self._faded + dt / self._fade) if self._fade > 0.0 else 1.0
        if self._raw and (self._amount < 1.0 or self._colour > 0.0 or self.sharp):
            self._keep_raw(self._raw)
        self.is_late = self.rung == "model" and now - self._result_captured > self.late_after()
        self.late += self.is_late
        if self.rung == "model":
            return self._result_captured if new_result else None
        return self._raw.captured if self._raw and new_raw and self.rung == "raw" else None

    def draw(self, canvas: Canvas) -> None:
        """Draw the layer over the canvas in use."""
        raw, amount = self._matching_raw(), self._amount if self._result.seq else 0.0
        self.passes.draw(
            canvas,
            source=raw,
            result=self._result if amount > 0.0 else raw,
            before=self._before if self._faded < 1.0 else None,
            shape=self._shape or raw.size,
            amount=amount,
            keep=self._colour,
            fade=self._faded,
            sharp=self.sharp,
            opacity=self._opacity,
            fit=self._fit,
        )

    @property
    def _shape(self) -> tuple[int, int] | None:
        """Width and height of the source's pictures: what is shown has their shape, whatever size it was made at."""
        return (self._raw.pixels.shape[1], self._raw.pixels.shape[0]) if self._raw else None

    @property
    def torn(self) -> int:
        """Pictures that changed while they were read; always 0 unless the slot is broken."""
        return self._from_source.torn + self._torn + sum(reader.torn for reader in self._readers.values())

    def start_counting(self) -> None:
        """What came before the show doesn't count in its figures."""
        self.source.start_counting()
        for feed in self.engines.all:
            feed.start_counting()
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
        if self._from_model().newest():
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
        frame = self._from_model().newest()
        if frame is None:
            return False
        if frame.maker != self._result_by:
            self._cross(frame.maker)
        self._result.upload(frame.pixels, frame.seq)
        is_new, self._result_of = frame.origin != self._result_of, frame.origin
        self._result_captured = frame.captured
        self.first_result = now if self.first_result is None else self.first_result
        self.ladder.model.came(now)
        return is_new

    def _from_model(self) -> Reader:
        """The results of the engine that plays. Readers of those that are gone are let go."""
        if self.model not in self._readers:
            kept = {feed: self._readers.pop(feed) for feed in self.engines.all if feed in self._readers}
            self._torn += sum(reader.torn for reader in self._readers.values())
            self._readers = {**kept, self.model: self.model.slot.reader(0)}
        return self._readers[self.model]

    def _cross(self, maker: int) -> None:
        """Another model's picture: begin to fade from the last one that there was."""
        self._before, self._result = self._result, self._before
        self._faded = 0.0 if self._before.seq and self._fade > 0.0 else 1.0
        self._result_by = maker

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

    def _matching_raw(self) -> PictureTexture:
        """The source's picture that the result was made from if it is still kept, else the newest."""
        newest = max(self._kept, key=_seq)
        if self._amount > 0.0:
            wanted = self._kept[self._result_of % _KEPT]
            if wanted.seq == self._result_of and wanted.seq:
                return wanted
        return newest if newest.seq else self.still


def _seq(picture: PictureTexture) -> int:
    return picture.seq
