"""The sources and engines of a show without processes: in each frame they do, in turn, what is due at its time.

Shared memory, workers, engines and layers are those of a live show, so that what is rendered is what was played.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

from vj.base.clock import FakeClock
from vj.base.errors import Unavailable
from vj.base.frame import Frame, Size
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec, Message
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import SlotReader, picture_number
from vj.child.supervisor import Child
from vj.layers.clip_pool import ClipPool
from vj.layers.clip_switcher import ClipSwitcher
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import ModelSwitcher
from vj.layers.processing_size import MODEL_ROOM
from vj.layers.source_slots import SOURCE_TO_BANK, SOURCE_TO_GUESTS, SourceSlots, reader_number
from vj.layers.start_children import ChildSettings
from vj.model.engine.bank import PatientBank
from vj.model.engine.engine import Engine
from vj.model.engine.memory_check import check_room
from vj.model.files.library import SLOT, Entry, shared_values
from vj.preset.layer_plan import LayerPlan
from vj.render.stepped_shaper import SteppedShaper
from vj.source import SOURCES, split_spec

_A_MOMENT = 1e-4
"""Seconds by which two times may differ through rounding and still be the same."""


class InProcessChild(Child):
    """A child that is no process: what it is sent waits in ``sent``, and what it tells by ``pipe`` is in ``info`` at
    once.

    Its ``state`` is ``running`` until it fails. Nothing supervises or restarts it.
    """

    def __init__(self, name: str, triggers: Collection[str]) -> None:
        """``name`` is for people; ``triggers`` are the names of its triggers, without a prefix.

        Others are ignored: what played in the recorded show may have had more.
        """
        super().__init__(ChildSpec(name, ""), lambda: 0)
        self.state = "running"
        self._triggers = triggers
        self.sent: deque[Message] = deque()
        self.pipe = InProcessPipe(self)

    def send(self, message: Message) -> None:
        """Append ``message`` (``{"trigger": name, "amount": argument}`` or, for a source, ``{"play": bool}``) to
        ``sent``; triggers that the child lacks are dropped."""
        if "play" in message or message["trigger"] in self._triggers:
            self.sent.append(message)

    def fail(self, error: Exception) -> None:
        """Stop the child for good, as if its process had ended; ``fault`` gets the text of ``error``. ``restarts``
        grows by 1."""
        self.state, self.fault = "stopped", str(error) or type(error).__name__
        self.restarts += 1


class InProcessPipe:
    """Makes known at once what a child tells its parent, in place of a pipe between processes."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def tell(self, **status: object) -> None:
        """Put ``status`` into the child's ``info``; a key that is there already gets the new value."""
        self._child.info.update(status)


class SteppedSource:
    """A source that runs in this process: `advance` publishes the pictures whose time has come.

    It has always read one picture ahead while it plays. ``worker`` is what a layer takes its pictures from.
    """

    def __init__(
        self, number: int, spec: str, settings: ChildSettings, slots: SourceSlots, now: float, plays: bool = True
    ) -> None:
        """Open the source ``spec`` (``KIND:TARGET``) of layer ``number`` (from 1) at the time ``now`` (s) of the show.

        ``settings`` has the largest size of its pictures and the rate. It publishes into one of ``slots``; one that
        doesn't play, as ``plays`` says, waits. Raises BadInput or Unavailable if it can't be opened.
        """
        kind, target = split_spec(spec)
        self._clock = FakeClock(now)
        self._source = SOURCES[kind](target, settings.size, settings.fps, self._clock)
        self._source.patient = True
        self._source.open()
        triggers = {param.name for param in self._source.params_of(target) if param.kind == "trigger"}
        self._child = InProcessChild(f"source {number}", triggers)
        slot = slots.take()
        assert slot is not None, "sources end at once, so there is room for as many as may be open"
        self._slots, self._memory = slots, slots.memories[slot]
        values = SharedParams(self._source.shared_params(target))
        self.worker = LayerWorker(self._child, self._memory, values, f"/layer/{number}/source", slot=slot)
        self._writer = self._memory.writer()
        self._plays = plays
        self._due: float | None = None
        """When the picture that was read ahead is to be seen (s)."""
        self._ahead = 0.0
        """Seconds by which the source's time is ahead of the show's, whose first frame already has a picture."""

    def advance(self, now: float) -> None:
        """Publish the pictures whose time has come at ``now`` (s of the show, never earlier than before), which may be
        none or several; the first call after a launch publishes one.

        A trigger that was sent takes effect at once: it replaces the picture that was read ahead. A source that waits
        publishes the picture with which it will begin, once. Raises whatever the source raises.
        """
        if self._plays:
            self._publish(now)
        if self._child.sent:
            self._clock.time = now + self._ahead
            launched = self._obey()
            if launched:
                self._due = None
            elif self._plays and self._due is not None:
                self._due = min(now, self._read())
        if self._plays:
            self._publish(now)
        else:
            self._wait(now)

    def close(self) -> None:
        """Close the source and the memory of its values, and free its slot. Engines must no longer read it."""
        self._source.close()
        self.worker.values.close()
        self._slots.free(self.worker.slot)

    def _wait(self, now: float) -> None:
        self._clock.time, self._due, self._ahead = now, None, 0.0
        if self._source.wait(self.worker.values.read()):
            self._read()
            self._hand_out(now)
            self._memory.rest()

    def _publish(self, now: float) -> None:
        if self._due is None:
            self._clock.time = max(self._clock.time, now)
            self._ahead = max(0.0, self._read() - now)
            self._due = now
        while self._due <= now + _A_MOMENT:
            self._hand_out(self._due)
            self._due = self._read()

    def _hand_out(self, captured: float) -> None:
        self._writer.publish(captured, picture_number(self.worker.slot, self._writer.coming))

    def _obey(self) -> bool:
        """Carry out what was sent. Returns whether the source was launched."""
        launched = False
        while self._child.sent:
            command = self._child.sent.popleft()
            if "play" not in command:
                self._source.handle_trigger(command["trigger"], command["amount"])
                continue
            self._plays = launched = command["play"]
            if launched:
                self._source.launch(self.worker.values.read())
        return launched

    def _read(self) -> float:
        return self._source.read(self._writer.begin, self.worker.values.read()) - self._ahead


class SteppedSources:
    """All sources of a show that is rendered: `pool` opens and ends those of clips."""

    def __init__(self, settings: ChildSettings, now: float) -> None:
        """``settings`` are as in `SteppedSource`; the show begins at ``now`` (s)."""
        self.slots = SourceSlots(settings.size, settings.box)
        self.pool = ClipPool(self._open_clip, self._end, lambda spec: not _is_live(spec))
        self._settings = settings
        self._sources: dict[LayerWorker, SteppedSource] = {}
        self._began = self._now = now
        self._missing = ""

    def open(self, number: int, spec: str, plays: bool = True) -> LayerWorker:
        """Open ``spec`` for layer ``number`` (from 1). Raises BadInput or Unavailable if it can't be opened."""
        source = SteppedSource(number, spec, self._settings, self.slots, self._now, plays)
        self._sources[source.worker] = source
        return source.worker

    def advance(self, now: float) -> None:
        """Advance all of them to ``now`` (s). Raises Unavailable if a clip was launched that can't be rendered."""
        self._now = now
        if self._missing:
            raise Unavailable(f"at {now - self._began:.2f} s the show plays {self._missing}")
        for source in list(self._sources.values()):
            source.advance(now)

    def close(self) -> None:
        """Close all of them, and their memory."""
        for source in self._sources.values():
            source.close()
        self.slots.close()

    def _open_clip(self, spec: str, layer: int) -> LayerWorker:
        if _is_live(spec):
            self._missing = f"{spec} in layer {layer}, which is live and can't be rendered again"
            raise Unavailable(self._missing)
        return self.open(layer, spec, plays=False)

    def _end(self, worker: LayerWorker) -> None:
        self._sources.pop(worker).close()


class SteppedEngine:
    """An engine that runs in this process and takes a turn when the renderer calls `advance`.

    ``worker`` is what a layer takes its results from; ``child`` stands for its process.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        names: Sequence[str],
        slots: SourceSlots,
        reader: int,
        settings: ChildSettings,
        prefix: str,
    ) -> None:
        """Make an engine that holds the models ``names``; ``entries`` are all that the layer can play.

        ``reader`` is its number among the readers of each of ``slots``. ``settings`` has the size within which
        models work and the backend. ``prefix`` is where its parameters stand (``/layer/1/model``). Raises VjError if
        there is no room for the models, or a file is no model.
        """
        known = [Entry.from_job(entry.to_job()) for entry in entries]
        mine = [Entry.from_job(entry.to_job()) for entry in known if entry.name in names]
        check_room(mine, settings.box, settings.runtime)
        triggers = {param.name for entry in known for param in entry.params if param.kind == "trigger"}
        self.child = InProcessChild(f"model {', '.join(names)}", triggers)
        output = LatestFrame.create(*_room(settings.box), readers=1)
        self.worker = LayerWorker(self.child, output, shared_values(known), prefix, reader_number=reader)
        self._clock = FakeClock()
        bank = PatientBank(mine, settings.runtime)
        self._engine = Engine(self.child.pipe, known, bank, settings.box, output, self._clock.now)
        self._readers = SlotReader(slots.memories, reader)
        self._held: Frame | None = None

    def advance(self, now: float) -> None:
        """Take one turn at ``now`` (s, never earlier than before): handle the triggers that were sent, then run the
        wanted model if there is a reason, and wait for it.

        Takes the source's newest picture; before the first one, only triggers are handled. Raises whatever the model
        raises. A result is in ``worker.output`` when this returns.
        """
        self._clock.time = now
        while self.child.sent:
            command = self.child.sent.popleft()
            self._engine.handle_trigger(command["trigger"], command["amount"])
        reading = self._readers.of(int(self.worker.values.number(SLOT)))
        frame = reading.newest() if reading else None
        self._held = frame or self._held
        if self._held:
            self._engine.take_turn(self._held, self.worker.values, is_new=frame is not None)


class SteppedLayer:
    """The source and the engines of one layer. ``switcher`` starts engines for models outside the bank, ``clips`` is
    its bank of clips, ``shaper`` draws the effects before its model.

    ``runtimes`` says for each model that played, by name, its processing size and its backend with the reason for it,
    as text: ``640x360, ...``. ``source`` is the one that plays at the beginning.
    """

    def __init__(
        self,
        number: int,
        plan: LayerPlan,
        spec: str,
        settings: ChildSettings,
        now: float,
        sources: SteppedSources,
        place: int = 1,
    ) -> None:
        """``spec`` (``KIND:TARGET``) is the source that plays, from ``now`` (s) on, in place of those in ``plan``.

        ``number`` is the layer's, from 1. ``sources`` opens it; its clip stands in ``place``. Raises BadInput or
        Unavailable if the source can't be opened or the bank's models can't be used.
        """
        self.source = sources.open(number, spec)
        self.clips = ClipSwitcher(number, sources.pool, self.source, spec, place)
        self.shaper = SteppedShaper(sources.slots, number, settings.box)
        self._slots = sources.slots
        self._plan = plan
        self._settings = settings
        self._prefix = f"/layer/{number}/model"
        self._free = [reader_number(number, reader) for reader in SOURCE_TO_GUESTS]
        self._engines: dict[LayerWorker, SteppedEngine] = {}
        self._missing = ""
        self._began = now
        self.runtimes: dict[str, str] = {}
        names = [entry.name for entry in plan.bank]
        bank = self._start_engine(names, reader_number(number, SOURCE_TO_BANK))
        self.switcher = ModelSwitcher(bank, names, names[0], self._invite, self._dismiss)

    def advance(self, now: float) -> None:
        """Let every engine take one turn at ``now`` (s), on the newest picture of its source, or as effects shape it.

        Raises Unavailable, with the time since the beginning, if the model that is to play isn't here, or if one of the
        bank's engine or of the engine that plays fails. An engine that was only loading is stopped instead.
        """
        if self._missing:
            fix = f"fix: vj models fetch {self._missing}"
            raise Unavailable(f"at {now - self._began:.2f} s the show plays {self._missing}, which isn't here; {fix}")
        self.shaper.advance(now)
        for worker, engine in list(self._engines.items()):
            if engine.child.state != "stopped":
                self._take_turn(worker, engine, now)
        self._note_runtime()

    def close(self) -> None:
        """Close the memory of all engines, and what draws the effects."""
        self.shaper.close()
        for worker in self._engines:
            _give_back(worker)

    def _take_turn(self, worker: LayerWorker, engine: SteppedEngine, now: float) -> None:
        try:
            engine.advance(now)
        except Exception as error:
            if worker in (self.switcher.bank, self.switcher.playing):
                when = f"at {now - self._began:.2f} s"
                raise Unavailable(f"{when} the model {self.switcher.name} fails: {error}") from error
            engine.child.fail(error)  # as in a show, what plays goes on

    def _note_runtime(self) -> None:
        told: Mapping[str, object] = self.switcher.playing.child.info
        if told.get("title"):
            self.runtimes[str(told["title"])] = f"{told['size']}, {told['runtime']}"

    def _start_engine(self, names: Sequence[str], reader: int) -> LayerWorker:
        engine = SteppedEngine(self._plan.models, names, self._slots, reader, self._settings, self._prefix)
        self._engines[engine.worker] = engine
        return engine.worker

    def _invite(self, name: str) -> LayerWorker:
        """Returns an engine for a model outside the bank.

        If the model isn't here, the next `advance` ends the rendering: the recorded show had it.
        """
        entry = next(entry for entry in self._plan.models if entry.name == name)
        if not entry.present:
            self._missing = name
            raise Unavailable(f"{name} isn't here")
        reader = self._free.pop(0)
        try:
            return self._start_engine([name], reader)
        except BaseException:
            self._free.insert(0, reader)
            raise

    def _dismiss(self, worker: LayerWorker) -> None:
        del self._engines[worker]
        self._free.append(worker.reader_number)
        _give_back(worker)


def _room(box: Size) -> Size:
    """Returns the largest picture that a model may give: a live show's or, for the finest strokes, twice the box."""
    return Size(*(max(most, 2 * side) for most, side in zip(MODEL_ROOM, box, strict=True)))


def _give_back(worker: LayerWorker) -> None:
    worker.output.close()
    worker.values.close()


def _is_live(spec: str) -> bool:
    return SOURCES[split_spec(spec)[0]].live
