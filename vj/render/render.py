"""``vj render``: draws again what a recorded show showed, frame by frame, from its control recording and its source."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import BadInput, VjError
from vj.base.frame import Pixels, Size
from vj.effect.catalogue import Catalogue
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.gl.steadying import SteadyPass
from vj.layers.before_chain import BeforeChain
from vj.layers.fallback_picture import built_in_still
from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.layers.processing_size import MODEL_BOX, default_model_size
from vj.layers.source_slots import SOURCE_TO_MOTION, SOURCE_TO_PEOPLE, reader_number
from vj.layers.start_children import ChildSettings
from vj.layers.steady import Steady
from vj.model.files.weights import Progress
from vj.params.control_queue import Change, ControlBatch
from vj.params.param import ParamTable, Value
from vj.params.store import Store
from vj.preset.layer_plan import LayerPlan
from vj.preset.model_settings import ModelSettings
from vj.preset.preset import Preset, described, parse_size
from vj.render.lockstep import SteppedLayer, SteppedSources
from vj.render.output import open_output
from vj.render.stepped_motion import SteppedMotion
from vj.render.stepped_people import SteppedPeople
from vj.show.control_recording import Recording, Replay, read
from vj.show.cued_clips import cued_clips
from vj.show.desk import Desk
from vj.show.drawn_stage import DrawnStage
from vj.show.frame_step import FrameStep
from vj.show.structure import Structure
from vj.sink.headless import Headless
from vj.source import SOURCES, split_spec

_RATE = 30.0
"""Frames a second, where neither the recording nor its preset tells them."""
_BEGINNING = 1.0
"""The time at which the show begins (s); not 0, which a `Change` uses for an unknown time."""
_A_MOMENT = 1e-6
"""The part of a frame's time that is neglected when frames are counted."""


@dataclass(frozen=True)
class Rendered:
    """The result of `render`: ``frames`` pictures of ``size`` at ``fps`` a second were written to ``path``.

    ``runtimes`` says for each model that played, by name, its processing size and its backend as text (``640x360,
    ...``); ``notices`` are those about models that a performer would have read, each once.
    """

    path: Path
    frames: int
    fps: float
    size: Size
    runtimes: Mapping[str, str]
    notices: Sequence[str]


def render(
    recording: Path,
    output: Path,
    *,
    size: Size | None = None,
    fps: float | None = None,
    model_size: Size | None = None,
    preset: Preset | None = None,
    source: str | None = None,
    seconds: float | None = None,
    runtime: str = "auto",
    overwrite: bool = False,
    progress: Progress = lambda doing, part: None,
) -> Rendered:
    """Render the show in the control recording ``recording`` into ``output``, and return what was written.

    ``output`` is a film (.mp4, .mov, .mkv) or a folder of PNG files. ``size`` and ``fps`` are those of the recorded
    show unless given. Models run at their full size, within ``model_size``, for every picture of the source, with the
    backend ``runtime``. ``preset`` replaces the recorded show's description, and ``source`` (``KIND:TARGET``) the
    source of its first layer. The film is ``seconds`` long or, without them, ends with the last thing that was
    recorded; in any case it ends when the show is asked to quit. ``progress`` gets what is done and the part of it
    (0..1).

    Raises BadInput for a file that is no recording, or in which nothing happened (without ``seconds``), for live
    sources, for outputs that can't be written and, unless ``overwrite`` is true, for outputs that exist; Unavailable
    for models that aren't here or fail.
    """
    record = read(recording)
    header = _Header(recording, record.header)
    show = preset or header.preset()
    size, fps = size or header.size(show), fps or header.fps(show)
    specs = _sources(header.playing(show), source)
    count = _frames(recording, record, fps, seconds)
    settings = ChildSettings(size, fps, model_size or header.model_size(show, size, runtime), runtime)
    stage = RenderStage(show, specs, record, header, settings)
    with open_output(output, size, fps, overwrite) as film, stage.set_up(progress):
        done = 0
        while done < count and not stage.ended:
            film.add(stage.render_frame(_BEGINNING + done / fps))
            done += 1
            progress("rendering", done / count)
        return Rendered(output, done, fps, size, stage.runtimes, tuple(stage.notices))


class _Header:
    """What a recording says about its show, checked."""

    def __init__(self, path: Path, told: Mapping[str, Any]) -> None:
        self._path = path
        self._told = told

    def preset(self) -> Preset:
        """Returns the preset that was played. Raises BadInput for one that isn't here any more."""
        try:
            return described(self._told)
        except VjError as error:
            raise BadInput(f"{self._path}: {error}") from None

    def size(self, show: Preset) -> Size:
        return self._size("size") or show.size or MODEL_BOX

    def model_size(self, show: Preset, canvas: Size, runtime: str) -> Size:
        """Returns the size within which models worked or, if the recording doesn't tell it, would work here."""
        told = self._size("model_size") or show.model_size
        return told or default_model_size(canvas, runtime, show.model_size_on_processor)

    def fps(self, show: Preset) -> float:
        fps = self._told.get("fps", show.fps or _RATE)
        if not isinstance(fps, int | float) or not SLOWEST <= fps <= FASTEST:
            raise BadInput(f"{self._path}: fps {fps!r} is not {SLOWEST:g}..{FASTEST:g}")
        return float(fps)

    def playing(self, show: Preset) -> list[str]:
        """Returns the source of each layer: the one that played if the recording names it, else the preset's first."""
        told = self._told.get("playing")
        if isinstance(told, list) and len(told) == len(show.layers):
            return [str(spec) for spec in told]
        return [layer.sources[0] for layer in show.layers]

    def values(self, table: ParamTable) -> dict[str, Value]:
        """Returns the values that the show started with, by address.

        Raises BadInput for those that ``table`` doesn't take.
        """
        told = self._told.get("values", {})
        if not isinstance(told, dict):
            raise BadInput(f"{self._path}: values: {told!r} is no table of them")
        try:
            params = {address: table[address] for address in told}
            return {
                address: param.check(told[address], strict=param.kind == "picture")
                for address, param in params.items()
                if not param.told
            }  # a picture may lie anywhere: the recording is the performer's own, like a preset
        except VjError as error:
            raise BadInput(f"{self._path}: values: {error}") from None

    @property
    def play(self) -> object:
        """The state of snapshots, cues and fades at the beginning; see `vj.play.play.Play.restore`."""
        return self._told.get("play")

    def _size(self, key: str) -> Size | None:
        told = self._told.get(key)
        return parse_size(str(told)) if told else None


class RenderStage:
    """The recorded show, which plays frame by frame at the times that it is given.

    ``ended`` is true once the show was asked to quit; ``notices`` are what layers had to say so far, each once.
    """

    def __init__(
        self, show: Preset, specs: Sequence[str], record: Recording, header: _Header, settings: ChildSettings
    ) -> None:
        """``show`` is what plays, with ``specs`` (``KIND:TARGET``, one for each layer) as sources; ``record`` is what
        was done, and ``header`` how the show started. Opens nothing; `set_up` does.

        Raises BadInput for what the recording holds and this show doesn't take.
        """
        self._show = show
        self._specs = specs
        self._settings = settings
        table = _table(show, specs)
        self._replay = Replay(record.checked(table), table)
        self._table = table
        self._values = header.values(table)
        self._play = header.play
        self.ended = False
        self.notices: list[str] = []

    @contextmanager
    def set_up(self, progress: Progress) -> Iterator[None]:
        """Fetch the files of the banks' models, and open sources, engines and an OpenGL context without a window.

        They are open for the ``with`` block, which gets None and in which `render_frame` may be called.
        ``progress(text, part)`` is called while files are fetched (part 0..1, or None). Raises VjError if anything
        can't be fetched or opened.
        """
        for plan in self._show.layers:
            for entry in plan.bank:
                entry.fetch(progress)
        with ExitStack() as opening:
            self._open(opening)
            yield

    @property
    def runtimes(self) -> dict[str, str]:
        """A new dict of each model that has played, by name: its processing size and its backend as text, ``640x360,
        ...``. Only after `set_up`."""
        return {model: how for stepped in self._stepped for model, how in stepped.runtimes.items()}

    def render_frame(self, now: float) -> Pixels:
        """Play on to ``now`` (s, where the show begins at 1; never earlier than before), and return the picture.

        It is H×W×3 uint8, RGB, top row first, read-only, of the settings' size, and stays valid. Everything that was
        recorded up to ``now`` is applied first; sources and engines are waited for. Raises Unavailable if a model that
        is to play can't.
        """
        for at, batch in self._replay.due(now):
            self._play_batch(batch, at)
        step = self._step
        step.advance(None, now, self._lookahead)
        step.apply_values()
        self._sources.advance(now)
        for stepped in self._stepped:
            stepped.advance(now)
        step.apply_values()  # a model that was loaded meanwhile plays in this very frame
        step.update_layers(now)
        for layer in step.layers:
            self._note(layer.notice)
        for notice in step.structure.notices if step.structure else ():
            self._note(notice)
        step.draw()
        width, height = self._settings.size
        return np.frombuffer(step.mixer.canvas.read(), np.uint8).reshape(height, width, 3)

    def _open(self, opening: ExitStack) -> None:
        surface = Headless()
        opening.callback(surface.close)
        start = dict(self._values)
        canvas, still = Canvas(surface.ctx, self._settings.size), built_in_still(surface.ctx, self._settings.size)
        passes, steadying = LayerPass(canvas), SteadyPass(canvas.ctx)
        shaders = ShaderLoader(self._settings.size, background=False)
        self._stepped: list[SteppedLayer] = []
        self._sources = SteppedSources(self._settings, _BEGINNING)
        self._sources.pool.named = cued_clips(self._show.plan)
        opening.callback(self._sources.close)
        opening.callback(self._close_layers)
        layers: list[Layer] = []

        def make(stepped: SteppedLayer, settings: ModelSettings) -> Layer:
            slots, number = self._sources.slots.memories, stepped.clips.number
            motion = SteppedMotion(slots, reader_number(number, SOURCE_TO_MOTION))
            opening.callback(motion.close)
            before = BeforeChain(f"/layer/{number}/before", shaders, stepped.shaper)
            people = SteppedPeople(slots, reader_number(number, SOURCE_TO_PEOPLE))
            opening.callback(people.close)
            return Layer(
                passes,
                number,
                stepped.source,
                stepped.switcher,
                still,
                settings,
                clips=stepped.clips,
                shaders=shaders,
                waits=True,
                steady=Steady(steadying, motion, by_itself=False),
                before=before,
                people=people,
            )

        for plan, spec in zip(self._show.layers, self._specs, strict=True):
            number = plan.number
            settings = ModelSettings(number, plan)
            start = {**settings.start, **plan.clip_values(number), **start}
            place = int(start[f"/layer/{number}/clip"])
            start[f"/layer/{number}/clip/{place}/source"] = spec
            stepped = SteppedLayer(number, plan, spec, self._settings, _BEGINNING, self._sources, place)
            self._stepped.append(stepped)
            layer = make(stepped, settings)
            layers.append(layer)
        desk = Desk(Store(self._table, start), self._show.plan, _BEGINNING)
        if self._play is not None:
            desk.play.restore(self._play)
        desk.connect({"/show/quit": self._quit})
        mixer = Mixer(canvas, passes, (), shaders=shaders, waits=True)
        for handlers in (*(layer.handlers(self._table) for layer in layers), mixer.handlers(self._table)):
            desk.connect(handlers)

        catalogue = Catalogue()
        stage = DrawnStage(mixer, layers, lambda plan: make(*self._opened(plan)), self._end_layer)
        structure = Structure(desk, self._show, stage, catalogue.params, lambda: catalogue.shaders)
        self._step = FrameStep(desk, layers, mixer, _BEGINNING, structure)
        self._step.apply_values()
        self._replay.begin(_BEGINNING)

    def _opened(self, plan: LayerPlan) -> tuple[SteppedLayer, ModelSettings]:
        """Returns what a layer consists of that was added while the recorded show played."""
        spec, now = plan.sources[0], _BEGINNING
        stepped = SteppedLayer(plan.number, plan, spec, self._settings, now, self._sources, plan.first_place)
        self._stepped.append(stepped)
        return stepped, ModelSettings(plan.number, plan)

    def _end_layer(self, layer: Layer) -> None:
        for stepped in [stepped for stepped in self._stepped if stepped.clips is layer.clips]:
            self._stepped.remove(stepped)
            self._sources.pool.leave(layer.clips)
            self._sources.pool.settle()
            stepped.close()

    def _close_layers(self) -> None:
        for stepped in self._stepped:
            stepped.close()

    def _play_batch(self, batch: ControlBatch, at: float) -> None:
        """Apply ``batch`` at its own time ``at`` (s), as the recorded show did, but draw nothing.

        Before that, sources play up to this time with the values before the batch. So the place in a film doesn't
        depend on which frames are rendered.
        """
        self._sources.advance(at)
        self._step.advance(batch, at, self._lookahead)
        self._step.apply_values()
        self._sources.advance(at)

    @property
    def _lookahead(self) -> float:
        """Half a frame (s): nothing is late here, and what is launched on a beat is seen in the frame nearest to it."""
        return 0.5 / self._settings.fps

    def _quit(self, change: Change, now: float) -> None:
        self.ended = True

    def _note(self, notice: str) -> None:
        if notice and notice not in self.notices:
            self.notices.append(notice)


def _sources(playing: Sequence[str], instead: str | None) -> list[str]:
    """Returns the source of each layer, with ``instead``, if given, for the first.

    Raises BadInput for live sources and for those that can't be used.
    """
    specs = [instead or playing[0], *playing[1:]]
    for number, spec in enumerate(specs, start=1):
        kind, target = split_spec(spec)
        if SOURCES[kind].live:
            fix = "; say --source movie:FILE" if number == 1 else ""
            raise BadInput(f"layer {number} shows {spec}, which is live and can't be rendered again{fix}")
        SOURCES[kind].check(target)
    return specs


def _table(show: Preset, specs: Sequence[str]) -> ParamTable:
    """Returns the table of all addresses that the recording can hold, those of replaced sources included."""
    return show.table([[spec, *plan.specs] for spec, plan in zip(specs, show.layers, strict=True)])


def _frames(path: Path, record: Recording, fps: float, seconds: float | None) -> int:
    """Returns how many frames there are: all within ``seconds``, else up to the one that shows the last batch."""
    if seconds is not None:
        return max(1, math.ceil(seconds * fps - _A_MOMENT))
    if not record.batches:
        raise BadInput(f"{path} holds nothing that happened; say how long with --seconds")
    return math.ceil(record.seconds * fps - _A_MOMENT) + 1
