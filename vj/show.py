"""The only wiring: a preset becomes objects and processes here, and is closed in order."""

import contextlib
import itertools
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Limits, Supervisor
from vj.clock import LiveClock, Pacer, Refresh
from vj.control.dropped import Dropped
from vj.control.keyboard import Keyboard
from vj.control.osc import DEFAULT_PORT, LOOPBACK, OscReceiver, bind
from vj.engines import Engines
from vj.errors import BadInput, Unavailable
from vj.feed import Feed
from vj.frame.frame import Size
from vj.frame.slot import Slot
from vj.frame.values import Values
from vj.gl.canvas import Canvas
from vj.gl.context import is_software
from vj.gl.layer_pass import LayerPass
from vj.hud import Hud
from vj.layer import SOURCE_READERS, SOURCE_TO_BANK, SOURCE_TO_GUESTS, Layer
from vj.loop import Loop
from vj.mailbox import Mailbox
from vj.mix import Mixer
from vj.model import catalog
from vj.model.library import params, shared_values
from vj.param import Value
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
"""What a model's picture fits in, unless asked otherwise; the GPU brings it to the canvas's size."""
MODEL_ROOM = Size(2048, 2048)
"""The largest picture that a model may give. Memory that is never written to costs nothing."""
REHEARSED = (MODEL_BOX, Size(512, 256), Size(384, 256), Size(256, 144))
"""Results of every kind: some drivers treat sides that are powers of two specially, both of them or either."""
GUEST_NICE = 10
"""How far an engine that is loaded during the show steps back behind the one that plays."""
FIRST_PICTURE, NEXT_SOURCE, WHOLE_BANK = 30.0, 8.0, 180.0
"""Seconds to wait for a first picture before the show starts with what there is, or tries the next source; and for the
whole bank, which takes long only at its very first start on a machine."""
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
        self._memories: list[Slot | Values] = []
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
        self._closing.callback(self._free)
        self._settle_size_and_rate()
        self.supervisor = Supervisor(self.clock)
        self._closing.callback(self.supervisor.close)
        self.supervisor.start()
        kinds: list[str] = []
        self.layers: list[Layer] = []
        still, passes = built_in_still(self.surface.ctx, self.size), LayerPass(self.surface.ctx)
        for number, plan in enumerate(self.preset.layers, start=1):
            kind, source = self._open_source(number, plan)
            kinds.append(kind)
            engines = self._open_engines(number, plan, source)
            settings = _settings(number, plan)
            self.layers.append(
                Layer(self.surface.ctx, passes, number, source, engines, still, settings, self.mailbox.post)
            )
        plans = zip(kinds, self.preset.layers, strict=True)
        self.table = show_table([((kind,), plan.models) for kind, plan in plans])
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
        own: dict[str, Value] = {}
        for layer, plan in zip(self.layers, self.preset.layers, strict=True):
            own |= layer.settings[plan.bank[0].name]
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
        feed = self.feed(
            ChildSpec("source", "vj.source.host:main", config),
            Slot.create(*self.size, readers=SOURCE_READERS),
            Values({param.name: param for param in source.params}),
            f"/layer/{number}/source",
            Limits(silence=source.silence),
        )
        self.supervisor.add(feed.child)
        return feed

    def _open_engines(self, number: int, plan: LayerPlan, source: Feed) -> Engines:
        """The bank's engine, started, and the way to others."""
        make = _EngineMaker(self, number, plan, source)
        names = [entry.name for entry in plan.bank]
        bank = make.engine(names, SOURCE_TO_BANK, nice=5)
        self.supervisor.add(bank.child)
        engines = Engines(bank, names, names[0], make.invite, make.dismiss)
        bank.values.write(bank.own)
        return engines

    def feed(self, spec: ChildSpec, slot: Slot, values: Values, prefix: str, limits: Limits) -> Feed:
        """A child that writes into ``slot``, not yet started."""
        spec = spec.given(slot.fds + values.fds, slot=slot.describe(), values=values.describe())
        self._memories += [slot, values]
        return Feed(Child(spec, lambda: slot.beats, limits), slot, values, prefix)

    def forget(self, feed: Feed) -> None:
        """Give the memory of a child that is gone back."""
        for memory in (feed.slot, feed.values):
            self._memories.remove(memory)
            memory.close()

    def _await_first_pictures(self) -> None:
        """A show begins with the model's picture; if source or model is in trouble, with the ladder."""
        for layer in self.layers:
            if _ready(layer.source)():
                plan = self.preset.layers[layer.number - 1]
                self._await(_warm(layer.model, len(plan.bank)), layer.model, WHOLE_BANK)

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


def _warm(feed: Feed, models: int) -> Callable[[], bool]:
    return lambda: feed.slot.published > 0 and feed.child.info.get("warm", 0) >= models


def _settings(number: int, plan: LayerPlan) -> dict[str, dict[str, Value]]:
    """For each model the values that its manifest wants, and the usual ones for what others' manifests want."""
    usual = {param.name: param.default for param in params(plan.models)}
    named = {name for entry in plan.models for name in entry.settings}
    return {
        entry.name: {f"/layer/{number}/model/{name}": entry.settings.get(name, usual[name]) for name in named}
        for entry in plan.models
    }


class _EngineMaker:
    """Makes engines for one layer."""

    def __init__(self, show: Show, number: int, plan: LayerPlan, source: Feed) -> None:
        self._show, self._plan, self._source, self._prefix = show, plan, source, f"/layer/{number}/model"
        self._jobs = [entry.job() for entry in plan.models]
        self._guests = itertools.cycle(SOURCE_TO_GUESTS)

    def engine(self, names: Sequence[str], reader: int, nice: int) -> Feed:
        """An engine that holds the models ``names``, not yet started."""
        options, slot = self._show.options, self._source.slot
        box = options.model_size or self._show.preset.model_size or MODEL_BOX
        config = {"bank": list(names), "entries": self._jobs, "runtime": options.runtime, "box": box}
        config |= {"source": slot.describe(), "reader": reader}
        spec = ChildSpec("model", "vj.model.engine:main", config, slot.fds, nice)
        values = shared_values(self._plan.models)
        feed = self._show.feed(spec, Slot.create(*MODEL_ROOM, readers=1), values, self._prefix, Limits())
        feed.reading = reader
        return feed

    def invite(self, name: str) -> Feed:
        """An engine for one model, while the show plays. Raises Unavailable for one that isn't here."""
        entry = next(entry for entry in self._plan.models if entry.name == name)
        if not entry.present:
            raise Unavailable(f"{name} isn't here yet; mend: vj models fetch {name}")
        guest = self.engine([name], next(self._guests), GUEST_NICE)
        self._show.supervisor.invite(guest.child)
        return guest

    def dismiss(self, feed: Feed) -> None:
        self._show.supervisor.dismiss(feed.child, lambda: self._show.forget(feed))


def _open_surface(preset: Preset, options: Options) -> Surface:
    if options.headless:
        return Headless()
    from vj.sink.window import Window  # only those who want a window need a screen's libraries

    return Window(
        f"vj: {preset.title}", options.size or preset.size or GPU_SIZE, options.monitor, vsync=options.fps is None
    )
