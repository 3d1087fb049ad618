"""One layer of the show: its source, its models, and which of their pictures is on the canvas."""

from collections.abc import Callable
from functools import partial
from typing import get_args

from vj.effect.effect import EffectMoment
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture
from vj.layers.before_chain import BeforeChain
from vj.layers.clip_pool import ClipPool
from vj.layers.clip_switcher import ClipSwitcher
from vj.layers.fallback import ArrivalTimer, Ladder, Rung
from vj.layers.layer_composition import NAMES, LayerComposition
from vj.layers.layer_mask import LayerMask, PeopleSource
from vj.layers.layer_pictures import LayerLook, LayerPictures
from vj.layers.layer_target import Effects, LayerTarget, effect_handlers, open_effects
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import ModelSwitcher
from vj.layers.source_slots import SOURCE_TO_BANK, SOURCE_TO_LOOP, reader_number
from vj.layers.source_tally import SourceCounts, SourceTally
from vj.layers.steady import ModelPace, Steady, SteadyLook
from vj.layers.training import LOOK, LayerTraining
from vj.layers.transition import Transition
from vj.params.control_queue import Change, TriggerHandler
from vj.params.param import ParamTable, Value
from vj.params.store import FrameValues
from vj.preset.composition_params import CUT
from vj.preset.model_settings import ModelSettings

_FADE = 0.25
"""Seconds to fade between the model's picture and the source when the rung changes."""


class Layer:
    """A layer. Only the loop may use it.

    Each frame calls `apply_values`, `update` and `draw`: the first two change the layer, the last only draws it.
    ``prefix`` is where its parameters stand: ``/layer/1``. ``rung`` is the rung of the last `update` (``still``
    before), ``pictures`` what is on the GPU, ``look`` how it is drawn, ``composition`` how it is put over what lies
    below. A layer that is plain is drawn straight on the canvas by `draw`; any other is drawn into its ``target`` by
    `draw_apart`, and put on the canvas by `put`.
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
        clips: ClipSwitcher | None = None,
        *,
        shaders: ShaderLoader | None = None,
        waits: bool = False,
        steady: Steady | None = None,
        before: BeforeChain | None = None,
        people: PeopleSource | None = None,
        training: LayerTraining | None = None,
    ) -> None:
        """``passes`` draws on the canvas. ``number`` counts layers from 1, the lowest one. ``still`` is shown as long
        as there is no picture. ``source`` and the engines of ``switcher`` are workers that the caller starts and ends.
        ``settings`` decides which values change together with the model.

        ``passed_over`` says why a preferred source doesn't play, if people can do something about it; else it is empty.
        ``clips`` is the bank of which ``source`` is one; without it there is no other.
        ``shaders`` loads the shaders of its effects and transitions; without it there are none. With ``waits``, they
        are waited for, as in a renderer.
        ``steady``, if given, steadies what the model makes. ``people`` finds those that the mask ``person`` shows.
        ``before`` are the effects before its model; without it there are none.
        ``training`` trains its looks; without it, as in a renderer, nothing is trained.
        """
        self.number = number
        self.prefix = f"/layer/{number}"
        self.name = f"layer/{number}"
        """By which masks and effects of other layers call its picture."""
        self.clips = clips or ClipSwitcher(number, _alone(), source)
        self.switcher = switcher
        self.before = before or BeforeChain(f"{self.prefix}/before")
        """The effects that shape what its engines see."""
        self.settings = settings
        self.pictures = LayerPictures(passes, source, still, reader_number(number, SOURCE_TO_LOOP), steady)
        self.steady = steady
        self.training = training
        self._is_look_prepared = False
        self._steady_look, self._pace = SteadyLook(), ModelPace()
        self.look = LayerLook()
        compositor = self._compositor = passes.compositor
        self._transition = Transition(compositor, shaders, waits=waits)
        effects = open_effects(compositor, f"{self.prefix}/effect", shaders, waits)
        self.target = LayerTarget(compositor, self._draw_whole, effects, self._transition)
        self._mask = LayerMask(passes, self.pictures, people)
        self.composition = LayerComposition(self._mask, self._transition)
        self.pictures.result_changes = partial(self._begin_transition, of_result=True)
        self.pictures.source_changes = partial(self._begin_transition, of_result=False)
        self.ladder = Ladder()
        self.rung = "still"
        self.rungs: dict[str, int] = dict.fromkeys(get_args(Rung), 0)
        """By rung, in how many frames it was shown since `start_counting`; frozen frames don't count."""
        self.is_late = False
        """Whether the rung is ``model`` and the source's picture behind the result is older than `late_after`.

        False on every other rung; unchanged while frozen.
        """
        self.late = 0
        """In how many frames ``is_late`` was true since `start_counting`."""
        self.first_result: float | None = None
        """The time of the frame that took the first result (monotonic s); None before. Frozen frames take none."""
        self.wanted = ""
        """The name of the model that was asked for or, if that one can't play, of the one that plays on."""
        self.passed_over = passed_over
        self.is_awaited = False
        """Whether it was added to a show that plays, and is left out until its first picture is there."""
        self.mask_notice = ""
        """Why the still that the layer is masked by can't be read; usually empty. The mixer sets it."""
        self._composed_of = [f"{self.prefix}/{name}" for name in NAMES]
        self._guides = not is_software(passes.ctx)
        self._applied: tuple[FrameValues | None, tuple[int, int, float]] = (None, (-1, -1, 0.0))
        self._shown = source
        """The source whose pictures are taken."""
        self._tally = SourceTally(source, reader_number(number, SOURCE_TO_LOOP))
        self._read_by_engines = source.slot
        """The slot that the engines read."""
        self._engines: list[LayerWorker] = []
        """The engines whose missed pictures are counted."""
        switcher.read_from(source.slot)
        self._weight = 0.0
        self._began = False
        self._frozen = False
        self._moved_by = 0.0
        """Seconds that have passed since the last `draw_apart`."""

    rung: Rung

    @property
    def source(self) -> LayerWorker:
        """The source of the clip that plays; while another one is still opened, that is the one before."""
        return self.clips.playing.worker

    @property
    def source_counts(self) -> SourceCounts:
        """What its sources gave since `start_counting` while they played, that of every clip included."""
        return self._tally.counts(self.model.reader_number)

    @property
    def model(self) -> LayerWorker:
        """The worker of the engine whose pictures are shown; while another one still loads, that is the one before."""
        return self.switcher.playing

    @property
    def effects(self) -> Effects:
        """The effects that change the layer's picture behind its model."""
        return self.target.effects

    @property
    def notice(self) -> str:
        """What the performer should know: about a change of clip or of model, else what the engine that plays has told,
        else what is wrong with the training of a look, with effects, transition or mask, else why a preferred source
        was passed over. Usually empty.
        """
        of_models = self.clips.notice or self.switcher.notice or str(self.model.child.info.get("notice", ""))
        if self.training:
            of_models = of_models or self.training.notice
        of_effects = self.before.notice or self.effects.notice or self._transition.notice
        return of_models or of_effects or self._mask.notice or self.mask_notice or self.passed_over

    def handlers(self, table: ParamTable) -> dict[str, TriggerHandler]:
        """Returns the handlers of the triggers in ``table`` below ``/layer/N/source``, ``/layer/N/model``,
        ``/layer/N/clip`` and ``/layer/N/train``, and of those of the effects there, by address.

        A handler is called with the `Change` and the frame's time (monotonic s), and returns nothing. It sends its
        trigger, with the amount of the change, to the source, to the engine that plays then, or to the effect; that of
        a clip notes its launch, besides the value that the desk sets. The buttons of the bank (``/layer/N/bank/1``) are
        not among them.
        """
        found: dict[str, TriggerHandler] = {}
        for name, param in table.below(f"{self.prefix}/clip").items():
            if param.kind == "trigger" and name.isdigit():
                found[f"{self.prefix}/clip/{name}"] = partial(_launch, self.clips, int(name))
        owners: tuple[tuple[str, Callable[[], LayerWorker]], ...] = (
            (f"{self.prefix}/source", lambda: self.source),
            (f"{self.prefix}/model", lambda: self.model),
        )
        for prefix, owner in owners:
            for name, param in table.below(prefix).items():
                if param.kind == "trigger":
                    found[f"{prefix}/{name}"] = partial(_send, owner, name)
        if self.training:
            found |= self.training.handlers(table)
        found |= effect_handlers(self.before, f"{self.prefix}/before", table)
        return found | effect_handlers(self.effects, f"{self.prefix}/effect", table)

    def apply_values(self, values: FrameValues, beat_zero: float = 0.0) -> dict[str, Value]:
        """Take over the frame's ``values`` and, if they are another object than last time, send the children theirs.
        ``beat_zero`` is when the show's clock was at beat 0 (monotonic s; 0: unknown), which clips may keep to.

        Asks for the clip in ``/layer/N/clip`` and the model in ``/layer/N/model``, which may start or end a process,
        and lets one take over that is ready. Returns corrections that the show must set, by address: the clip and the
        model that keep playing where others can't, the values that come with a model that now plays, and how far the
        training of a look is. Usually empty.
        """
        corrections = self.clips.follow(values.get, is_new=values is not self._applied[0])
        if self.before.effects:
            self.before.apply_values(values)
        if self.source is not self._tally.source:
            self._count_anew()
        reads = self.before.slot_for(self.source)
        if reads != self._read_by_engines:
            self._have_engines_read(reads)
        if self.training:
            corrections |= self._train(self.training)
        corrections |= self._choose(str(values[f"{self.prefix}/model"]))
        if self.switcher.name != self.settings.model:
            corrections |= self.settings.change_model(self.switcher.name, values)
        if self.effects.effects:
            self.effects.apply_values(values)
        self._transition.prepare()
        before, versions = self._applied
        now = self.switcher.version, self.clips.pool.version, beat_zero
        if values is not before or versions != now:
            self._applied = values, now
            for worker in (*self.clips.workers, *self.switcher.all):
                worker.beat_zero = beat_zero
                worker.send_values(values)
            for worker in self.switcher.all:
                if worker not in self._engines:
                    self.source.start_counting_for(worker.reader_number)
            self._engines = self.switcher.all
            self._look_at(values)
        return corrections

    def update(self, now: float, dt: float, frozen: bool = False) -> float | None:
        """Take the newest pictures of the children, choose the rung for ``now`` (monotonic s), and count it.

        ``dt`` is how many seconds ago the last frame was; fades move by it. Returns the capture time (monotonic s) if
        this frame is the first to show a result or, on the rung ``raw``, a picture of the source; else None. ``frozen``
        holds the picture and returns None: what comes meanwhile is taken, so that the rung is known, but not shown.
        """
        if frozen:
            self._hold(now)
            return None
        self._frozen = False
        self._transition.advance(dt)
        self._follow_clip(now)
        self._mask.look(self.source.slot, now)
        slowest = self.model.child.info.get("slowest") if self.model.child.state == "running" else None
        self.ladder.pass_time = float(slowest) if isinstance(slowest, int | float) else 0.0
        if self.steady:
            self._choose_steady(self.steady, now, dt)
        is_new_source, is_new_result = self._take_source(now), self._take_result(now)
        self.rung = self.ladder.rung(now)
        self.is_awaited = self.is_awaited and (self.rung == "still" or not self.clips.playing.is_there)
        self.rungs[self.rung] += 1
        self._move_weight(dt)
        self.pictures.fade_on(dt, self.look.fade)
        self._moved_by += dt
        if self._mask.needs_source or self.pictures.shows_source(self.look, self._amount):
            self.pictures.keep_source()
        self.is_late = self.rung == "model" and now - self.pictures.result_captured > self.late_after()
        self.late += self.is_late
        if self.rung == "model":
            return self.pictures.result_captured if is_new_result else None
        return self.pictures.source_captured if is_new_source and self.rung == "raw" else None

    @property
    def mask_name(self) -> str:
        """The picture that its mask is made of: ``layer/2`` or a file's name; empty unless it is such a mask."""
        return self._mask.name if self._mask.kind in ("layer", "still") else ""

    @property
    def is_plain(self) -> bool:
        """Whether the layer may be drawn straight on the canvas: it has no effects, blend mode, key, mask or place of
        its own, and no transition is running."""
        return self.composition.is_plain and not self.target.is_needed

    def draw(self) -> None:
        """Draw the layer over the canvas in use, as the last `apply_values` and `update` left it."""
        self.target.skip()
        self.pictures.draw(self.look, self._amount)

    def draw_apart(self, moment: EffectMoment) -> None:
        """Draw the layer into its ``target``, with its effects, and bring its mask up to date.

        Another framebuffer is in use then. In a freeze the picture that is there stays.
        """
        if self._frozen and self.target.picture:
            return
        self.target.draw(moment)
        self._mask.update(self._amount, self._moved_by)
        self._moved_by = 0.0

    def put(self, canvas: Canvas, moment: EffectMoment) -> None:
        """Put what `draw_apart` drew over ``canvas``, which is the framebuffer in use then."""
        if self.target.picture:
            mask = self._mask.made(self.look, self._amount, moment)
            self._compositor.put(canvas, self.target.picture, self.composition.how, mask)

    def release(self) -> None:
        """Free what it has on the GPU, and end the processes of its effects before the model, of its mask, of what
        steadies it and of what trains its looks, once it isn't drawn any more. Its source and its engines are the
        caller's to end."""
        self.before.release()
        self.target.release()
        self._mask.release()
        self.pictures.release()
        if self.steady:
            self.steady.release()
        if self.training:
            self.training.end()

    def start_counting(self) -> None:
        """Start the statistics afresh: frames and drops of sources and engines, ``late`` and ``rungs``."""
        self.source.start_counting()
        self._tally.begin(self.source)
        for worker in self.switcher.all:
            worker.start_counting()
        self.late, self.rungs = 0, dict.fromkeys(self.rungs, 0)

    def late_after(self) -> float:
        """Returns the age (s) beyond which a result counts as late: two of the source's periods and one `inference`."""
        return 2.0 * self.ladder.source.period + self.inference

    @property
    def inference(self) -> float:
        """Mean seconds of one pass of the network, over all passes of the engine's process that plays, as it told last
        (about every half second); 0 before it told any."""
        count, seconds = self.model.child.info.get("parts", {}).get("infer", (0, 0.0))
        return seconds / count if count else 0.0

    @property
    def _amount(self) -> float:
        return self.look.strength * self._weight

    def _train(self, training: LayerTraining) -> dict[str, Value]:
        """Have looks trained by what the engines see. The model that plays them is loaded aside the first time."""
        told = training.follow(self._read_by_engines)
        if training.is_used and not self._is_look_prepared:
            self._is_look_prepared = True
            if LOOK in self.settings.models:
                self.switcher.prepare(LOOK)
        return told

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

    def _count_anew(self) -> None:
        """Begin to count what the source gives that plays from now on."""
        self._tally.change(self.source, self.model.reader_number)
        for reader in (reader_number(self.number, SOURCE_TO_LOOP), *(one.reader_number for one in self.switcher.all)):
            self.source.start_counting_for(reader)

    def _have_engines_read(self, slot: int) -> None:
        self._read_by_engines = slot
        self.switcher.read_from(slot)
        for worker in self.switcher.all:
            self.source.start_counting_for(worker.reader_number)

    def _follow_clip(self, now: float) -> None:
        """Take the pictures of the clip that plays from now on, if another one took over."""
        source = self.source
        if source is not self._shown:
            self._shown = source
            self.pictures.read_from(source, now)
            self.ladder.source = ArrivalTimer(period=self.ladder.source.period)

    def _look_at(self, values: FrameValues) -> None:
        look, model = self.look, f"{self.prefix}/model"
        look.opacity, look.fit = values.number(f"{self.prefix}/opacity"), str(values[f"{self.prefix}/fit"])
        look.strength, look.colour = values.number(f"{model}/strength"), values.number(f"{model}/colour")
        look.fade = values.number(f"{model}/fade")
        upsample = values[f"{model}/upsample"]
        look.sharp = upsample == "guided" or (upsample == "auto" and self._guides)
        steady = self._steady_look
        steady.when, steady.reproject = str(values[f"{model}/steady"]), values.number(f"{model}/reproject")
        steady.coherence = values.number(f"{model}/coherence")
        self.composition.take([values[address] for address in self._composed_of])

    def _begin_transition(self, of_result: bool) -> None:
        """Go on from what shows now, by `/layer/N/transition`, to the first picture of another clip or model.

        It begins with that picture, not with the launch: only then something else is there to be shown. ``of_result``
        is whether that is a model's. Another framebuffer may be in use then.
        """
        if of_result == (self._amount > 0.0):  # else it isn't what shows
            self.target.begin_transition()

    def _draw_whole(self) -> None:
        self.pictures.draw(self.look, self._amount, apart=True)

    def _choose_steady(self, steady: Steady, now: float, dt: float) -> None:
        """Have it decided whether the model is steadied in this frame."""
        pace, model = self._pace, self.model
        pace.period, pace.slot = self.ladder.model.period, self.source.slot
        pace.shaped = self._read_by_engines if self._read_by_engines != pace.slot else 0
        pace.engine = model.reader_number or reader_number(self.number, SOURCE_TO_BANK)
        pace.follows = bool(model.child.info.get("follows", True))
        steady.choose(self._steady_look, pace, now, dt)

    def _hold(self, now: float) -> None:
        """Hold the picture.

        The source's picture of this moment is kept too, as the strength may be turned down in a freeze.
        """
        if not self._frozen:
            self.pictures.keep_source()
        self._frozen = True
        self._follow_clip(now)
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
        fade = self.look.fade if self._transition.kind == CUT else 0.0
        came, is_first = self.pictures.take_result(self.model, self.switcher.all, fade, now)
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


def _alone() -> ClipPool:
    """Returns a pool for a layer that has no clips but the source with which it begins."""
    return ClipPool(lambda spec, layer: None, lambda worker: None)


def _launch(clips: ClipSwitcher, place: int, change: Change, now: float) -> None:
    clips.launch(place)


def _send(owner: Callable[[], LayerWorker], name: str, change: Change, now: float) -> None:
    owner().send_trigger(name, change.amount)
