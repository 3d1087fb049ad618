"""The only wiring: a preset becomes objects and processes here, and is closed in order."""

import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from vj.children import MODEL_BOX, Children, Settings
from vj.clock import LiveClock, Pacer, Refresh
from vj.control.dropped import Dropped
from vj.control.keyboard import Keyboard
from vj.control.osc.receiver import DEFAULT_PORT, LOOPBACK, OscReceiver, bind
from vj.frame.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.hud import Hud
from vj.layer import Layer
from vj.loop import Loop
from vj.mailbox import Mailbox
from vj.mix import Mixer
from vj.model import catalog
from vj.model_settings import ModelSettings
from vj.param import Value
from vj.preset import Preset
from vj.priority import outranking
from vj.report import Report, statistics
from vj.sink.headless import Headless
from vj.sink.recorder import Recorder
from vj.sink.surface import Sink, Surface
from vj.stats import DisplayStats
from vj.still import built_in_still
from vj.store import Store
from vj.table import show_table

SOFTWARE_SIZE, GPU_SIZE = Size(640, 360), Size(1280, 720)
"""The canvas where nothing else is asked for: software GL draws with the cores that the model needs."""
REHEARSED = (MODEL_BOX, Size(512, 256), Size(384, 256), Size(256, 144))
"""Results of every kind: some drivers treat sides that are powers of two specially, both of them or either."""
_SWITCH_INTERVAL = 5e-4
"""Seconds after which a control thread must hand the interpreter to the loop (the default is ten times that)."""


@dataclass
class Options:
    """What the command line may add to a preset."""

    headless: bool = False
    fullscreen: bool = False
    monitor: str | None = None
    size: Size | None = None
    model_size: Size | None = None
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
        self._closing = ExitStack()
        self.mailbox = Mailbox()
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
        for plan in self.preset.layers:
            for entry in plan.bank:
                entry.fetch(self.options.progress)
        self._closing.enter_context(outranking())
        self._closing.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self.surface = _open_surface(self.preset, self.options)
        self._closing.callback(self.surface.close)
        self._settle_size_and_rate()
        self.children = Children(self.clock, self._settings(), lambda: self._stopped)
        self._closing.callback(self.children.close)
        kinds = self._open_layers()
        plans = zip(kinds, self.preset.layers, strict=True)
        self.table = show_table([((kind,), plan.models) for kind, plan in plans])
        for layer, plan in zip(self.layers, self.preset.layers, strict=True):
            self.children.await_models(layer.source, layer.engines.bank, plan, self.options.progress)
        self._wire()
        self._open_osc(listening)

    def _open_layers(self) -> list[str]:
        """Sources, engines and what is drawn of them; returns which kinds of source were there."""
        kinds: list[str] = []
        self.layers: list[Layer] = []
        ctx, post = self.surface.ctx, self.mailbox.post
        still, passes = built_in_still(ctx, self.size), LayerPass(ctx)
        for number, plan in enumerate(self.preset.layers, start=1):
            kind, source = self.children.open_source(number, plan)
            settings = ModelSettings(number, plan)
            start = {**settings.start, **self.preset.values, **self.options.values}
            engines = self.children.open_engines(number, plan, source, start)
            self.layers.append(Layer(ctx, passes, number, source, engines, still, settings, post))
            kinds.append(kind)
        return kinds

    def _settings(self) -> Settings:
        box = self.options.model_size or self.preset.model_size or MODEL_BOX
        return Settings(self.size, self.fps, box, self.options.runtime)

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
        own: dict[str, Value] = {}
        for layer in self.layers:
            own |= layer.settings.start
        wanted = {**own, **self.preset.values, **self.options.values}
        start = {address: value for address, value in wanted.items() if address in self.table}
        if self.options.fullscreen:
            start["/output/fullscreen"] = True
        self.store = Store(self.table, start)
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
            mixer=Mixer(self.surface.ctx, canvas, self.layers[0].passes, REHEARSED),
            hud=Hud(self.surface.ctx, self.stats, self.layers, canvas),
            surface=self.surface,
            keyboard=self._keyboard(),
            dropped=Dropped(self.table, self.mailbox),
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

    def _going(self) -> bool:
        if self._stopped:
            return False
        if self.options.frames is not None and self.stats.presented >= self.options.frames:
            return False
        return self.options.seconds is None or self.stats.elapsed() < self.options.seconds

    def _stop(self, signum: int, frame: object) -> None:
        self._stopped = True


def _open_surface(preset: Preset, options: Options) -> Surface:
    if options.headless:
        return Headless()
    from vj.sink.window import Window  # only those who want a window need a screen's libraries

    return Window(
        f"vj: {preset.title}", options.size or preset.size or GPU_SIZE, options.monitor, vsync=options.fps is None
    )
