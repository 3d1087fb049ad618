"""One layer of the show: its source, its models, and which of their pictures is on the canvas."""

from collections.abc import Callable
from functools import partial
from typing import get_args

from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture
from vj.layers.fallback import Ladder, Rung
from vj.layers.layer_pictures import LayerLook, LayerPictures
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import ModelSwitcher
from vj.params.control_queue import Change, TriggerHandler
from vj.params.param import ParamTable, Value
from vj.params.store import FrameValues
from vj.preset.model_settings import ModelSettings

_FADE = 0.25
"""Seconds to fade between the model's picture and the source when the rung changes."""


class Layer:
    """A layer.

    Each frame calls `apply_values`, `update` and `draw`: the first two change the layer, the last only draws it.
    """

    def __init__(
        self,
        passes: LayerPass,
        number: int,
        source: LayerWorker,
        switcher: ModelSwitcher,
        still: PictureTexture,
        settings: ModelSettings,
        passed_over: str = "",
    ) -> None:
        """``number`` counts layers from 1, the lowest one. ``still`` is shown as long as there is no picture.

        ``passed_over`` says why a preferred source doesn't play, if people can do something about it; else it is empty.
        """
        self.number = number
        self.prefix = f"/layer/{number}"
        self.source = source
        self.switcher = switcher
        self.settings = settings
        self.pictures = LayerPictures(passes, source, still)
        self.look = LayerLook()
        self.ladder = Ladder()
        self.rung = "still"
        self.rungs: dict[str, int] = dict.fromkeys(get_args(Rung), 0)
        """In how many frames each rung was shown."""
        self.is_late = False
        """Whether what is shown now is too old to be called live."""
        self.late = 0
        """In how many frames it was too old."""
        self.first_result: float | None = None
        """When a model's picture was first taken, on the clock that all processes share (s); None before."""
        self.wanted = ""
        """The name of the model that is asked for."""
        self.passed_over = passed_over
        self._guides = not is_software(passes.ctx)
        self._applied: tuple[FrameValues | None, int] = (None, -1)
        self._weight = 0.0
        self._began = False
        self._frozen = False

    rung: Rung

    @property
    def model(self) -> LayerWorker:
        """The worker of the engine that plays."""
        return self.switcher.playing

    @property
    def notice(self) -> str:
        """What the performer should know about the models, else about the source; usually empty."""
        return self.switcher.notice or str(self.model.child.info.get("notice", "")) or self.passed_over

    def handlers(self, table: ParamTable) -> dict[str, TriggerHandler]:
        """Returns the handlers of the source's and the models' triggers in ``table``, by address.

        Each one sends its trigger to the child that it is for.
        """
        found: dict[str, TriggerHandler] = {}
        owners: tuple[tuple[str, Callable[[], LayerWorker]], ...] = (
            (f"{self.prefix}/source", lambda: self.source),
            (f"{self.prefix}/model", lambda: self.model),
        )
        for prefix, owner in owners:
            for name, param in table.below(prefix).items():
                if param.kind == "trigger":
                    found[f"{prefix}/{name}"] = partial(_send, owner, name)
        return found

    def apply_values(self, values: FrameValues) -> dict[str, Value]:
        """Take over the frame's ``values`` and, if anything changed, pass the children theirs.

        Returns corrections that the show must set, by address: the model that keeps playing where another one can't,
        and the values that come with a model.
        """
        corrections = self._choose(str(values[f"{self.prefix}/model"]))
        if self.switcher.name != self.settings.model:
            corrections |= self.settings.change_model(self.switcher.name, values)
        before, version = self._applied
        if values is not before or version != self.switcher.version:
            self._applied = values, self.switcher.version
            for worker in (self.source, *self.switcher.all):
                worker.send_values(values)
            self._look_at(values)
        return corrections

    def update(self, now: float, dt: float, frozen: bool = False) -> float | None:
        """Take what the children made since the last frame, ``dt`` seconds ago, and choose the rung.

        Returns the capture time (s) of a picture that is shown for the first time, else None. ``frozen`` holds the
        picture; what comes meanwhile is only noted, so that an outage is known all the same.
        """
        if frozen:
            self._hold(now)
            return None
        self._frozen = False
        slowest = self.model.child.info.get("slowest") if self.model.child.state == "running" else None
        self.ladder.pass_time = float(slowest) if isinstance(slowest, int | float) else 0.0
        is_new_source, is_new_result = self._take_source(now), self._take_result(now)
        self.rung = self.ladder.rung(now)
        self.rungs[self.rung] += 1
        self._move_weight(dt)
        self.pictures.fade_on(dt, self.look.fade)
        if self._amount < 1.0 or self.look.colour > 0.0 or self.look.sharp:
            self.pictures.keep_source()
        self.is_late = self.rung == "model" and now - self.pictures.result_captured > self.late_after()
        self.late += self.is_late
        if self.rung == "model":
            return self.pictures.result_captured if is_new_result else None
        return self.pictures.source_captured if is_new_source and self.rung == "raw" else None

    def draw(self) -> None:
        """Draw the layer over the canvas in use."""
        self.pictures.draw(self.look, self._amount)

    def start_counting(self) -> None:
        """Start the statistics afresh: what came before the show doesn't count."""
        self.source.start_counting()
        for worker in self.switcher.all:
            worker.start_counting()
        self.late, self.rungs = 0, dict.fromkeys(self.rungs, 0)

    def late_after(self) -> float:
        """Returns the age (s) beyond which a result counts as late: two capture periods and one inference."""
        return 2.0 * self.ladder.source.period + self.inference

    @property
    def inference(self) -> float:
        """Mean seconds of one inference, as the engine told it; 0 before the first."""
        count, seconds = self.model.child.info.get("parts", {}).get("infer", (0, 0.0))
        return seconds / count if count else 0.0

    @property
    def _amount(self) -> float:
        return self.look.strength * self._weight

    def _choose(self, wanted: str) -> dict[str, Value]:
        """Have the engines play ``wanted``.

        If they can't, returns the correction, by address: the model that keeps playing.
        """
        self.wanted = wanted
        stays = self.switcher.ask_for(wanted) or self.switcher.check_engines()
        if stays is None:
            return {}
        self.wanted = stays
        return {f"{self.prefix}/model": stays}

    def _look_at(self, values: FrameValues) -> None:
        look, model = self.look, f"{self.prefix}/model"
        look.opacity, look.fit = values.number(f"{self.prefix}/opacity"), str(values[f"{self.prefix}/fit"])
        look.strength, look.colour = values.number(f"{model}/strength"), values.number(f"{model}/colour")
        look.fade = values.number(f"{model}/fade")
        upsample = values[f"{model}/upsample"]
        look.sharp = upsample == "guided" or (upsample == "auto" and self._guides)

    def _hold(self, now: float) -> None:
        """Hold the picture.

        The source's picture of this moment is kept too, as the strength may be turned down in a freeze.
        """
        if not self._frozen:
            self.pictures.keep_source()
        self._frozen = True
        self._take_source(now)
        if self.pictures.pass_result_over(self.model, self.switcher.all):
            self.ladder.model.came(now)
        self.rung = self.ladder.rung(now)

    def _take_source(self, now: float) -> bool:
        came = self.pictures.take_source()
        if came:
            self.ladder.source.came(now)
        return came

    def _take_result(self, now: float) -> bool:
        came, is_first = self.pictures.take_result(self.model, self.switcher.all, self.look.fade)
        if came:
            self.first_result = now if self.first_result is None else self.first_result
            self.ladder.model.came(now)
        return is_first

    def _move_weight(self, dt: float) -> None:
        """Fade towards the model's picture or away from it. The first picture of a show appears without a fade."""
        goal = 1.0 if self.rung in ("model", "hold") else 0.0
        if not self._began:
            self._weight, self._began = goal, self.rung != "still"
        step = dt / _FADE
        self._weight += max(-step, min(step, goal - self._weight))


def _send(owner: Callable[[], LayerWorker], name: str, change: Change, now: float) -> None:
    owner().send_trigger(name, change.amount)
