"""The only wiring: a preset becomes objects and processes here, and is closed in order."""

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Limits, Supervisor
from vj.clock import LiveClock, Pacer, Refresh
from vj.control.keyboard import Keyboard
from vj.control.osc import DEFAULT_PORT, LOOPBACK, OscReceiver, bind
from vj.errors import BadInput, Unavailable
from vj.frame.frame import Size
from vj.frame.slot import Slot
from vj.frame.values import Values
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.hud import Hud
from vj.layer import SOURCE_TO_MODEL, Feed, Layer
from vj.loop import Loop
from vj.mailbox import Mailbox
from vj.mix import Mixer
from vj.model import MODELS, catalog
from vj.param import Param, Value
from vj.preset import LayerPlan, Preset
from vj.priority import outranking
from vj.report import Report, statistics
from vj.sink.headless import Headless
from vj.sink.recorder import Recorder
from vj.sink.surface import Sink, Surface
from vj.source import SOURCES, split_spec
from vj.stats import DisplayStats
from vj.still import built_in_still
from vj.store import Store
from vj.table import show_table

SOFTWARE_SIZE, GPU_SIZE = Size(640, 360), Size(1280, 720)
"""The canvas where nothing else is asked for: software GL draws with the cores that the model needs."""
MODEL_BOX = Size(640, 360)
"""What a model's picture fits in; the GPU brings it to the canvas's size."""
FIRST_PICTURE, NEXT_SOURCE = 30.0, 8.0
"""Seconds to wait for a first picture before the show starts with what there is, or tries the next source."""
_SWITCH_INTERVAL = 5e-4
"""Seconds after which a control thread must hand the interpreter to the loop (the default is ten times that)."""


@dataclass
class Options:
    """What the command line may add to a preset."""

    headless: bool = False
    fullscreen: bool = False
    monitor: str | None = None
    size: Size | None = None
    fps: float | None = None
    frames: int | None = None
    seconds: float | None = None
    record: Path | None = None
    osc_port: int = DEFAULT_PORT
    runtime: str = "auto"
    values: Mapping[str, Value] = field(default_factory=dict)
    progress: catalog.Progress = lambda doing, part: None


class Show:
    """Use as a context manager: leaving it closes everything, in order, whatever happened."""

    def __init__(self, preset: Preset, options: Options) -> None:
        self.preset, self.options = preset, options
        self.clock = LiveClock()
        self.sinks: list[Sink] = []
        self._memories: list[Slot | Values] = []
        self._closing = ExitStack()
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
        """Play until the time is over, the window closes or a signal comes; return the statistics."""
        self.loop.run(self._going)
        report = self.report()
        for sink in self.sinks:
            sink.close()
        return report | {"sinks": [sink.report() for sink in self.sinks]}

    def report(self) -> Report:
        """The statistics so far."""
        return statistics(self.stats, self.layers, self.sinks, self.mailbox, self.osc)

    def _open(self) -> None:
        """Along the frame's way. What is registered last is closed first: controls, children, slots, display."""
        self._heed_signals()
        listening = bind(LOOPBACK, self.options.osc_port)  # before anything is opened or written
        self._closing.callback(listening.close)
        files = [_weights(plan.model, self.options.progress) for plan in self.preset.layers]
        self._closing.enter_context(outranking())
        self._closing.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self.surface = _open_surface(self.preset, self.options)
        self._closing.callback(self.surface.close)
        self._closing.callback(self._free)
        self._settle_size_and_rate()
        self.supervisor = Supervisor(self.clock)
        self._closing.callback(self.supervisor.close)
        self.supervisor.start()
        self.layers, kinds = [], []
        still = built_in_still(self.surface.ctx, self.size)
        for number, plan in enumerate(self.preset.layers, start=1):
            kind, source = self._open_source(number, plan)
            model = self._open_model(number, plan.model, source, files[number - 1])
            self.layers.append(Layer(self.surface.ctx, number, source, model, still))
            kinds.append(kind)
        plans = zip(kinds, self.preset.layers, strict=True)
        self.table = show_table([((kind,), plan.model) for kind, plan in plans])
        self._await_first_pictures()
        self._wire()
        self._open_osc(listening)

    def _heed_signals(self) -> None:
        """From the start, so that nothing is left behind however early the user changes their mind."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            self._closing.callback(signal.signal, wanted, signal.signal(wanted, self._stop))

    def _settle_size_and_rate(self) -> None:
        """The canvas's size and the display's rate: as asked, else as the preset says, else what suits."""
        software = is_software(self.surface.ctx)
        self.size = self.options.size or self.preset.size or (SOFTWARE_SIZE if software else GPU_SIZE)
        self.paced = self.surface.paced and self.options.fps is None
        self.fps = self.surface.refresh if self.paced else (self.options.fps or self.preset.fps)

    def _wire(self) -> None:
        """The message's way, and the loop that both ways meet in."""
        start = {a: v for a, v in {**self.preset.values, **self.options.values}.items() if a in self.table}
        if self.options.fullscreen:
            start["/output/fullscreen"] = True
        self.mailbox, self.store = Mailbox(), Store(self.table, start)
        canvas = Canvas(self.surface.ctx, self.size)
        self.stats = DisplayStats(1.0 / self.fps)
        if self.options.record:
            self.sinks.append(Recorder(self.options.record, canvas, self.fps))
            self._closing.callback(self.sinks[-1].close)
        self.loop = Loop(
            clock=self.clock,
            pacer=(Refresh if self.paced else Pacer)(self.clock, self.fps),
            mailbox=self.mailbox,
            store=self.store,
            layers=self.layers,
            mixer=Mixer(self.surface.ctx, canvas),
            hud=Hud(self.surface.ctx, self.stats, self.layers, canvas),
            surface=self.surface,
            keyboard=self._keyboard(),
            sinks=self.sinks,
            stats=self.stats,
        )

    def _open_osc(self, listening: socket.socket) -> None:
        """Last of all: whoever gets an answer knows that the show plays."""
        aliases = {foreign: address for foreign, address in self.preset.osc.items() if address in self.table}
        self.osc = OscReceiver(self.table, self.mailbox, lambda: self.store.snapshot, aliases=aliases)
        self.osc.start(listening)
        self._closing.callback(self.osc.close)

    def _keyboard(self) -> Keyboard:
        bindings = [binding for binding in self.preset.bindings if binding.address in self.table]
        return Keyboard(self.table, self.mailbox, bindings, self.clock)

    def _open_source(self, number: int, plan: LayerPlan) -> tuple[str, Feed]:
        """The first of the plan's sources that is there. Raises the last one's error when none can be used."""
        *others, last = map(split_spec, plan.sources)
        for kind, target in others:
            with contextlib.suppress(BadInput, Unavailable):
                SOURCES[kind].check(target)
                feed = self._start_source(number, kind, target)
                if self._await(_ready(feed), feed, NEXT_SOURCE):
                    return kind, feed
                self.supervisor.remove(feed.child)
        kind, target = last
        SOURCES[kind].check(target)
        feed = self._start_source(number, kind, target)
        self._await(_ready(feed), feed, FIRST_PICTURE)  # one that can't be reached yet is tried again and again
        return kind, feed

    def _start_source(self, number: int, kind: str, target: str) -> Feed:
        source = SOURCES[kind]
        config = {"kind": kind, "target": target, "box": self.size, "fps": self.fps}
        return self._feed(
            ChildSpec("source", "vj.source.host:main", config),
            Slot.create(*self.size, readers=2),
            source.params,
            f"/layer/{number}/source",
            Limits(silence=source.silence),
        )

    def _open_model(self, number: int, name: str, source: Feed, files: dict[str, str]) -> Feed:
        model = MODELS[name]
        config: dict[str, object] = {"model": name, "files": files, "runtime": self.options.runtime, "box": MODEL_BOX}
        config |= {"source": source.slot.describe(), "reader": SOURCE_TO_MODEL}
        return self._feed(
            ChildSpec("model", "vj.model.engine:main", config, source.slot.fds),
            Slot.create(*MODEL_BOX, readers=1),
            model.params,
            f"/layer/{number}/model",
            Limits(),
        )

    def _feed(self, spec: ChildSpec, slot: Slot, params: tuple[Param, ...], prefix: str, limits: Limits) -> Feed:
        """A child that writes into ``slot``, started."""
        values = Values({param.name: param for param in params})
        spec = spec.given(slot.fds + values.fds, slot=slot.describe(), values=values.describe())
        child = Child(spec, lambda: slot.beats, limits)
        self._memories += [slot, values]
        self.supervisor.add(child)
        return Feed(child, slot, values, prefix)

    def _await_first_pictures(self) -> None:
        """A show begins with the model's picture; if source or model is in trouble, with the ladder."""
        for layer in self.layers:
            if _ready(layer.source)():
                self._await(_published(layer.model), layer.model, FIRST_PICTURE)

    def _await(self, there: Callable[[], bool], feed: Feed, seconds: float) -> bool:
        """Whether ``there()`` comes true in time, before the child fails. Raises BadInput if it refuses its work."""
        deadline = self.clock.now() + seconds
        while not there():
            failed = feed.child.restarts > 0  # looked at first: a refusal is told before the fault is counted
            if feed.child.refused:
                self.supervisor.remove(feed.child)
                raise BadInput(feed.child.refused)
            if failed or self._stopped or self.clock.now() > deadline:
                return False
            self.clock.sleep(0.01)
        return True

    def _free(self) -> None:
        for memory in self._memories:
            memory.close()

    def _going(self) -> bool:
        if self._stopped:
            return False
        if self.options.frames is not None and self.stats.presented >= self.options.frames:
            return False
        return self.options.seconds is None or self.stats.elapsed() < self.options.seconds

    def _stop(self, signum: int, frame: object) -> None:
        self._stopped = True


def _ready(feed: Feed) -> Callable[[], bool]:
    return lambda: bool(feed.child.info.get("ready")) and feed.slot.published > 0


def _published(feed: Feed) -> Callable[[], bool]:
    return lambda: feed.slot.published > 0


def _weights(model: str, progress: catalog.Progress) -> dict[str, str]:
    return {name: str(catalog.fetch(name, progress)) for name in MODELS[model].weights}


def _open_surface(preset: Preset, options: Options) -> Surface:
    if options.headless:
        return Headless()
    from vj.sink.window import Window  # only those who want a window need a screen's libraries

    return Window(
        f"vj: {preset.title}", options.size or preset.size or GPU_SIZE, options.monitor, vsync=options.fps is None
    )
