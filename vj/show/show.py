"""Makes a show of a preset: all objects and processes are made and connected here, and closed in order."""

import contextlib
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

from vj.base.clock import LiveClock, Pacer, Refresh
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.base.heap import limit_arenas
from vj.base.process_priority import outranking
from vj.base.stats import DisplayStats
from vj.control.file_drop import FileDrop
from vj.control.keyboard import Keyboard
from vj.control.keyboard import fits as key_fits
from vj.effect.catalogue import Catalogue
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.gl.steadying import SteadyPass
from vj.layers.clip_switcher import ClipSwitcher
from vj.layers.fallback_picture import built_in_still
from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.layers.model_switcher import ModelSwitcher
from vj.layers.people_worker import PeopleWorker
from vj.layers.processing_size import MODEL_BOX, default_model_size
from vj.layers.start_children import Children, ChildSettings, OpenedSource
from vj.layers.steady import Steady
from vj.layers.training import LayerTraining, paint_where_awaited
from vj.model.files import weights
from vj.params.control_queue import ControlQueue
from vj.params.indicators import DARK, Indicators
from vj.params.param import ParamTable, Value
from vj.params.store import Store
from vj.preset.layer_plan import LayerPlan
from vj.preset.model_settings import ModelSettings
from vj.preset.parts import may_work
from vj.preset.paths import in_full
from vj.preset.preset import Preset
from vj.show import autosave
from vj.show.awaited_effects import await_effects
from vj.show.control_recording import ControlLog, Recording, Replay
from vj.show.controllers import BoundSockets, Controllers, NetworkOptions
from vj.show.cued_clips import cued_clips
from vj.show.desk import Desk
from vj.show.drawn_stage import DrawnStage
from vj.show.dropped_clips import DroppedClips
from vj.show.frame_step import FrameStep
from vj.show.hud import Hud
from vj.show.loading_screen import LoadingScreen
from vj.show.loop import Loop
from vj.show.picture_opener import open_picture
from vj.show.report import Report, statistics
from vj.show.save_load import saved_bindings, saved_values
from vj.show.structure import Structure
from vj.sink import recorder
from vj.sink.headless import Headless
from vj.sink.recorder import Recorder
from vj.sink.surface import Sink, Surface
from vj.source import split_spec

SOFTWARE_SIZE, GPU_SIZE = Size(640, 360), Size(1280, 720)
"""The canvas's default sizes. That for software rendering is small: it draws with the cores that the model needs."""
SOFTWARE_RATE, GPU_RATE = 30.0, 60.0
"""The display's default rates (frames/s), where it has none of its own, such as without a window."""
REHEARSED = (MODEL_BOX, Size(512, 256), Size(384, 256), Size(256, 144))
"""Sizes of results to rehearse.

Some drivers treat sides that are powers of two specially, be it both of them or one.
"""
SLOW = 0.6
"""A processor is slow for a model that holds its rate only at this part of its full size (in length) or less."""
_SWITCH_INTERVAL = 5e-4
"""Seconds after which a control thread must hand the interpreter to the loop. Python's default is ten times that."""


@dataclass
class Options:
    """What the command line adds to a preset; None leaves a choice to the preset or the machine."""

    headless: bool = False
    """Whether there is no window."""
    fullscreen: bool = False
    monitor: str | None = None
    """The monitor's identity, or its number as a text, from 0."""
    size: Size | None = None
    """The canvas's size, and a window's at first."""
    model_size: Size | None = None
    """The box into which the sizes at which models work are fitted; see `vj.layers.processing_size`."""
    fps: float | None = None
    """The display's rate, in frames a second."""
    frames: int | None = None
    """After how many presented frames, counted from `Show.run`, the show ends; None: it doesn't."""
    seconds: float | None = None
    """How many seconds after its first presented frame the show ends; None: it doesn't."""
    record: Path | None = None
    """The film to record into."""
    record_hud: bool = False
    """Whether the recording has the heads-up display in it."""
    overwrite: bool = False
    """Whether ``record`` may replace a file."""
    network_options: NetworkOptions = field(default_factory=NetworkOptions)
    runtime: str = "auto"
    """The backend that runs models, by name; ``auto``: the fastest."""
    restored: Mapping[str, Any] = field(default_factory=dict)
    """A state to go on from: an autosaved one, or the one that a recording begins with. Empty: as the preset says."""
    log_control: Path | None = None
    """The file of the control recording to write, or one beside it if that exists."""
    replay: Recording | None = None
    """A control recording to play back. Nothing is autosaved then."""
    autosave: float = autosave.PERIOD
    """Seconds between two looks at the state; 0: it isn't saved."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Values to start with, by address, checked already; they precede those of the preset and of ``restored``."""
    progress: weights.Progress = lambda doing, part: None
    """Called while the show opens, with what is being done and the part of it that is done (0..1; None: unknown)."""


class Show:
    """A show. Use as a context manager, in the main thread: entering opens it, leaving it closes all of it in order.

    Entering waits until the models are warm and the effects ready, or in trouble, and shows a loading screen meanwhile.
    If something can't be opened, it closes what was opened, and raises VjError, or KeyboardInterrupt where the
    performer leaves. From then on there are, among others, ``layers``, ``surface``, ``controllers``, ``desk`` and
    ``loop``; ``queue`` takes values and changes from any thread.
    """

    def __init__(self, preset: Preset, options: Options) -> None:
        """Open nothing yet. ``options`` precede what ``preset`` says."""
        self.preset = preset
        self.options = options
        self.clock = LiveClock()
        self.sinks: list[Sink] = []
        self._closing = ExitStack()
        self.queue = ControlQueue()
        self.structure: Structure | None = None
        self._stopped = False

    def __enter__(self) -> "Show":
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.close()

    def run(self) -> Report:
        """Play until the options' frames or seconds are over, the window closes, or a key, control or signal ends it.

        Then finishes recordings, and returns the statistics, as in `vj.show.report.statistics`. Call it once, inside
        the ``with`` block.
        """
        self.loop.run(self._going)
        report = self.report()
        for sink in self.sinks:
            sink.close()
        return report | {"sinks": [sink.report() for sink in self.sinks]}

    def report(self) -> Report:
        """Returns the statistics so far as a JSON-able dict, with the keys that `vj.show.report.statistics` describes.
        The display's counts, latencies and seconds begin with `run`. Resets nothing. Call it only inside the ``with``
        block; this isn't checked."""
        dropped = self.queue.dropped + self.desk.dropped
        flashes = self.loop.step.flashes.counts
        return statistics(self.stats, self.layers, self.sinks, self.controllers, dropped, flashes)

    def _open(self) -> None:
        """Open everything, in the order in which a frame passes through.

        What is registered last is closed first: controllers, children, shared memory, display.
        """
        self._heed_signals()
        limit_arenas()
        if self.options.record:  # checked before anything is opened or written, like the ports
            recorder.check_path(self.options.record, self.options.overwrite)
        bound = self.options.network_options.bind()
        self._closing.callback(bound.close)
        self._closing.enter_context(outranking())
        self._closing.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self.surface = _open_surface(self.preset, self.options)
        self._closing.callback(self.surface.close)
        self._settle_size_and_rate()
        self.canvas = Canvas(self.surface.ctx, self.size)
        self.passes, self.steadying = LayerPass(self.canvas), SteadyPass(self.canvas.ctx)
        self.shaders = ShaderLoader(self.size)
        self._closing.callback(self.shaders.stop)
        self.still = built_in_still(self.surface.ctx, self.size)
        begins = Store(self.preset.table(), self._start(self.preset.table())).values
        self.loading_screen = LoadingScreen(
            self.surface, self.canvas, self.passes, self.still, self.clock, begins, self._is_over
        )
        self.children = Children(self.clock, self._settings(), self._is_over, self.loading_screen.draw_if_due)
        self._closing.callback(self.children.close)
        progress = self.loading_screen.showing(self.options.progress)
        sources = [
            self.children.open_source(plan.number, plan.started_at(*self._first_clip(plan.number, plan)), progress)
            for plan in self.preset.layers
        ]
        self.loading_screen.show_source(sources[0].worker)
        self.loading_screen.run_during(lambda: self._fetch(progress))
        self._open_layers(sources)
        self.table = self.preset.table(
            [(source.spec, *plan.clip_specs) for source, plan in zip(sources, self.preset.layers, strict=True)]
        )
        for layer, plan in zip(self.layers, self.preset.layers, strict=True):
            self.children.await_models(layer.source, layer.switcher.bank, plan, progress)
        self._heed_speed()
        self._wire()
        self.loop.rehearse()
        self.steadying.rehearse()
        await_effects(self.loop.step, self.clock, self._is_over, self.loading_screen.draw_if_due, progress)
        self._start_controllers(bound)

    def _first_clip(self, number: int, plan: LayerPlan) -> tuple[int, str]:
        """Returns the place of the clip that the layer is to begin with, and its SPEC; empty if there is none."""
        wanted = {**plan.clip_values(number), **self._wanted()}
        place = int(wanted[f"/layer/{number}/clip"])
        spec = str(wanted.get(f"/layer/{number}/clip/{place}/source", ""))
        return place, ":".join(split_spec(spec)) if spec else ""

    def _fetch(self, progress: weights.Progress) -> None:
        """Fetch the files of all models in banks."""
        for plan in self.preset.layers:
            for entry in plan.bank:
                entry.fetch(progress)
        if any(self._begins_with_people(plan.number) for plan in self.preset.layers):
            with contextlib.suppress(Unavailable):  # the layer says so, and shows without its mask
                weights.fetch(weights.PARTS["people"], progress)

    def _begins_with_people(self, number: int) -> bool:
        """Returns whether layer ``number`` is masked by people from the start."""
        return self._wanted().get(f"/layer/{number}/mask") == "person"

    def _open_layers(self, sources: Sequence[OpenedSource]) -> None:
        """Start the engines that look at ``sources``, and make the layers."""
        self.layers: list[Layer] = []
        wanted = self._wanted()
        self.children.pool.named = cued_clips(self.preset.plan)
        for plan, source in zip(self.preset.layers, sources, strict=True):
            number, worker, settings = plan.number, source.worker, ModelSettings(plan.number, plan)
            switcher = self.children.open_engines(number, plan, worker, {**settings.start, **wanted})
            place, spec = self._first_clip(number, plan)
            clips = self.children.clips(number, source, place if source.spec == spec else plan.first_place)
            people = self.children.people(number)
            if self._begins_with_people(number):  # it starts while models are prepared
                people.ask(worker.slot, self.clock.now())
            layer = self._layer(source, switcher, settings, clips, people)
            if layer.training and plan.train:
                layer.training.begin(plan.train, worker.slot)
            self.layers.append(layer)

    def _layer(
        self,
        source: OpenedSource,
        switcher: ModelSwitcher,
        settings: ModelSettings,
        clips: ClipSwitcher,
        people: PeopleWorker,
    ) -> Layer:
        by_itself = not is_software(self.canvas.ctx)
        return Layer(
            self.passes,
            clips.number,
            source.worker,
            switcher,
            self.still,
            settings,
            source.passed_over,
            clips,
            shaders=self.shaders,
            steady=Steady(self.steadying, self.children.motion(clips.number), by_itself=by_itself),
            before=self.children.before(clips.number, self.shaders),
            people=people,
            training=self._training(clips.number),
        )

    def _training(self, number: int) -> LayerTraining | None:
        """Returns what trains looks of layer ``number`` (from 1); None in a replay, whose looks are trained already."""
        if self.options.replay:
            return None
        return LayerTraining(
            number,
            self.children.trainer(number),
            self.queue.put_all,
            lambda: self.desk.store.targets[f"/layer/{number}/train/name"],
            (lambda path: None) if self.options.headless else open_picture,
        )

    def _training_lights(self) -> Indicators:
        """Returns what controllers show of the training of looks. May be called from any thread."""
        found = (layer.training.indicators for layer in tuple(self.layers) if layer.training)
        return reduce(Indicators.__or__, found, DARK)

    def _paint(self, path: str) -> bool:
        """Take the picture at ``path`` as a painted one, if a layer waits for one. Returns whether any does."""
        return paint_where_awaited(path, (layer.training for layer in self.layers if layer.training))

    def _heed_speed(self) -> None:
        """Apply the preset's settings for slow processors if a model holds its rate only at `SLOW` of its size.

        A graphics card is measured by the size at which a processor would work, not by the canvas's.
        """
        usual = self._chosen_box() or self.preset.model_size_on_processor or MODEL_BOX
        slow = SLOW * min(1.0, usual.width / self._settings().box.width)
        parts = [layer.model.child.info.get("part") for layer in self.layers]
        self.is_slow = any(isinstance(part, float) and part <= slow for part in parts)
        if self.is_slow:
            self.preset = self.preset.slowed()

    def _settings(self) -> ChildSettings:
        runtime = self.options.runtime
        box = self._chosen_box() or default_model_size(self.size, runtime, self.preset.model_size_on_processor)
        return ChildSettings(self.size, self.fps, box, runtime)

    def _chosen_box(self) -> Size | None:
        return self.options.model_size or self.preset.model_size

    def _heed_signals(self) -> None:
        """Catch the signals that end a show, from the start: so nothing is left behind, however early they come."""
        for wanted in _endings():
            self._closing.callback(signal.signal, wanted, signal.signal(wanted, self._stop))

    def _settle_size_and_rate(self) -> None:
        """Choose the canvas's size and the display's rate: from the command line, else the preset, else the machine.

        A display that leads has its own rate, whatever the preset says.
        """
        software = is_software(self.surface.ctx)
        self.size = self.options.size or self.preset.size or (SOFTWARE_SIZE if software else GPU_SIZE)
        self.follows = self.surface.leads and self.options.fps is None
        usual = SOFTWARE_RATE if software else GPU_RATE
        self.fps = self.surface.refresh if self.follows else (self.options.fps or self.preset.fps or usual)

    def _wanted(self) -> dict[str, Value]:
        """Returns the values that the show starts with besides defaults, by address.

        Restored ones replace the preset's, and the command line's replace both.
        """
        restored = saved_values(self.options.restored, self.preset.table())
        return {**self.preset.values, **restored, **self.options.values}

    def _wire(self) -> None:
        """Make the desk, the controllers and the loop, and connect all triggers to their handlers."""
        self.desk = Desk(self._store(), self.preset.plan, self.clock.now())
        if self.options.restored:
            self.desk.play.restore(self.options.restored.get("play"))
        canvas = self.canvas
        self.stats = DisplayStats(1.0 / self.fps, self.loading_screen.first_shown)
        if self.options.record:
            self.sinks.append(Recorder(self.options.record, canvas, self.fps, self.options.overwrite))
            self._closing.callback(self.sinks[-1].close)
        self.controllers, keyboard = self._make_controllers(), self._keyboard()
        mixer = Mixer(canvas, self.passes, REHEARSED, shaders=self.shaders)
        of_layers = (layer.handlers(self.table) for layer in self.layers)
        for handlers in (*of_layers, mixer.handlers(self.table), self.controllers.handlers):
            self.desk.connect(handlers)
        self.structure = self._make_structure(mixer)
        self.loop = Loop(
            clock=self.clock,
            pacer=(Refresh if self.follows and self.surface.paced else Pacer)(self.clock, self.fps),
            queue=self.queue,
            step=FrameStep(self.desk, self.layers, mixer, self.clock.now(), self.structure),
            hud=self._hud(canvas, keyboard, mixer),
            surface=self.surface,
            keyboard=keyboard,
            file_drop=FileDrop(self.table, self.queue, self._dropped_clips().add, self._paint),
            controllers=self.controllers,
            sinks=self.sinks,
            stats=self.stats,
            follows=self.follows,
            records_hud=self.options.record_hud,
            log=self._log(),
            replay=self._replay(),
        )

    def _make_structure(self, mixer: Mixer) -> Structure:
        """Returns what adds and removes effects and layers, and starts what reads the library's shaders for it."""
        catalogue = Catalogue()
        catalogue.start()
        self._closing.callback(catalogue.stop)
        stage = DrawnStage(mixer, self.layers, self._make_layer, self._end_layer)
        return Structure(self.desk, self.preset, stage, catalogue.params, lambda: catalogue.shaders)

    def _make_layer(self, plan: LayerPlan) -> Layer:
        """Returns a layer that is added while the show plays. What it consists of is started beside the loop."""
        settings = ModelSettings(plan.number, plan)
        source = self.children.add_source(plan.number, plan.sources[0])
        switcher = self.children.open_engines(plan.number, plan, source.worker, settings.start)
        clips = self.children.clips(plan.number, source, plan.first_place)
        clips.playing.before = source.worker.output.published
        return self._layer(source, switcher, settings, clips, self.children.people(plan.number))

    def _end_layer(self, layer: Layer) -> None:
        self.children.remove_layer(layer.clips, layer.switcher)

    def _dropped_clips(self) -> DroppedClips:
        return DroppedClips(self.table, self.queue, lambda: self.layers[0].clips)

    def _hud(self, canvas: Canvas, keyboard: Keyboard, mixer: Mixer) -> Hud:
        audio, keys = self.controllers.audio, keyboard.described()
        return Hud(self.surface.ctx, self.stats, self.layers, self.desk, audio, canvas, keys, mixer.effects)

    def _store(self) -> Store:
        own: dict[str, Value] = {}
        start = self._start(self.table)
        for layer, plan in zip(self.layers, self.preset.layers, strict=True):
            own |= {**layer.settings.start, **plan.clip_values(layer.number)}
            if start.get(place := f"{layer.prefix}/clip/{layer.clips.place}/source", True):
                start[place] = layer.clips.playing.spec
        own = {address: value for address, value in own.items() if address in self.table}
        return Store(self.table, {**own, **start})

    def _start(self, table: ParamTable) -> dict[str, Value]:
        """Returns those of the wanted values that ``table`` has, by address, and those of the room that the show is
        played in. Without a window, and in an installation, flashes are limited unless the command line says otherwise.
        """
        start = {address: value for address, value in self._wanted().items() if address in table}
        room = {"/output/flash_limit": self.options.headless or self.preset.installation}
        return {**room, **start, **({"/output/fullscreen": True} if self.options.fullscreen else {})}

    def _make_controllers(self) -> Controllers:
        """Returns the controllers. They are closed after the children, which use their memory."""
        restored = saved_bindings(self.options.restored, self.table)
        own = tuple(binding for binding in self.preset.midi if may_work(binding, self.table))
        controllers = Controllers(
            self.preset,
            self.desk,
            self.queue,
            self.options.network_options,
            restored if "midi" in self.options.restored else own,
            self.children.supervisor,
            self.clock,
            0.0 if self.options.replay else self.options.autosave,
            bool(self.options.restored),
            lambda: self.structure.preset if self.structure else self.preset,
            self._training_lights,
        )
        self.children.closing.callback(controllers.close)
        return controllers

    def _start_controllers(self, bound: BoundSockets) -> None:
        self.controllers.start(bound)
        self._closing.callback(self.controllers.stop_receiving)

    def _log(self) -> ControlLog | None:
        if not self.options.log_control:
            return None
        size = f"{self.size.width}x{self.size.height}"
        values = {a: value for a, value in self.desk.store.targets.items() if not self.table[a].told}
        begins = {"values": values, "play": self.desk.play.state()}
        sources = [layer.source.child.spec.config for layer in self.layers]
        playing = [in_full(f"{spec['kind']}:{spec['target']}") for spec in sources]
        told = {"size": size, "fps": self.fps, "model_size": str(self._settings().box), "playing": playing}
        header = {**self.preset.described(), **begins, **told}
        log = ControlLog(self.options.log_control, header, self.table)
        self._closing.callback(log.close)
        return log

    def _replay(self) -> Replay | None:
        recording = self.options.replay
        return Replay(recording.checked(self.table), self.table) if recording else None

    def _keyboard(self) -> Keyboard:
        keys = [key for key in self.preset.keys if key_fits(key, self.table)]
        learning = self.desk.store.targets
        return Keyboard(self.table, self.queue, keys, self.clock, lambda: bool(learning["/learn/on"]))

    def _is_over(self) -> bool:
        """Returns whether the performer wants to leave before the show has begun."""
        return self._stopped or self.surface.closing

    def _going(self) -> bool:
        if self._stopped or self.controllers.wants_quit:
            return False
        if self.options.frames is not None and self.stats.presented >= self.options.frames:
            return False
        return self.options.seconds is None or self.stats.elapsed() < self.options.seconds

    def _stop(self, signum: int, frame: object) -> None:
        self._stopped = True


def _endings() -> tuple[signal.Signals, ...]:
    """Returns the signals that ask the show to end. Windows has one more, Ctrl-Break."""
    if sys.platform == "win32":
        return (signal.SIGTERM, signal.SIGINT, signal.SIGBREAK)
    return (signal.SIGTERM, signal.SIGINT)


def _open_surface(preset: Preset, options: Options) -> Surface:
    if options.headless:
        return Headless()
    from vj.sink.window import Window  # a headless show runs without a screen's libraries

    usual = preset.size or GPU_SIZE
    return Window(f"vj: {preset.title}", usual, options.monitor, vsync=options.fps is None, size=options.size)
