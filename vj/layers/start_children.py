"""Starts the processes of a show with their shared memory, waits for their first pictures, and closes them in order."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakSet

from vj.base.clock import Clock
from vj.base.errors import BadInput, Unavailable, VjError
from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child, Limits, Supervisor
from vj.effect.loader import ShaderLoader
from vj.layers.before_chain import BeforeChain
from vj.layers.clip_pool import ClipPool
from vj.layers.clip_switcher import ClipSwitcher
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import ModelSwitcher
from vj.layers.motion_worker import MotionWorker
from vj.layers.people_worker import PeopleWorker
from vj.layers.processing_size import MODEL_ROOM
from vj.layers.shaper_worker import ShaperWorker
from vj.layers.side_worker import SideWorker
from vj.layers.source_slots import (
    SOURCE_TO_BANK,
    SOURCE_TO_GUESTS,
    SOURCE_TO_MOTION,
    SOURCE_TO_PEOPLE,
    SOURCE_TO_TRAINER,
    SourceSlots,
    reader_number,
)
from vj.layers.train_worker import TrainWorker
from vj.model.files.library import Entry, shared_values
from vj.model.files.weights import Progress
from vj.params.param import Value
from vj.preset.layer_plan import LayerPlan
from vj.source import SOURCES, split_spec

BANK_NICE, GUEST_NICE = 5, 10
"""How far engines step back behind the display, in nice values.

One that is loaded during the show steps back behind the bank's.
"""
FIRST_PICTURE, NEXT_SOURCE, WHOLE_BANK = 30.0, 8.0, 180.0
"""Seconds to wait: `FIRST_PICTURE` for the last source, before the show starts without its picture; `NEXT_SOURCE` for
any other source, before the next one is tried; `WHOLE_BANK` for all models of the bank, which take long only at their
very first start on a machine."""
ANSWER = 60.0
"""Additional seconds for people to answer a question of the system, such as whether the camera may be used."""


@dataclass(frozen=True)
class ChildSettings:
    """Settings for sources and engines.

    ``size`` is that of the canvas, and the largest that a source's picture may have. ``fps`` is the rate of the
    display, for sources without a rate of their own. ``box`` is the size within which models work. ``runtime`` is the
    name of the backend that runs networks, or ``auto``.
    """

    size: Size
    fps: float
    box: Size
    runtime: str


class OpenedSource(NamedTuple):
    """The source that was chosen for a layer, of kind ``kind`` (such as ``camera``), started as ``worker``.

    ``spec`` names it. ``passed_over`` says why a preferred one wasn't chosen, if people can do something about it: it
    waits for their permission. Else it is empty.
    """

    kind: str
    worker: LayerWorker
    passed_over: str
    spec: str


class Children:
    """All processes of a show's layers (sources and engines), with their shared memory.

    Making one starts the thread that supervises them.
    """

    def __init__(
        self, clock: Clock, settings: ChildSettings, stopped: Callable[[], bool], meanwhile: Callable[[], None]
    ) -> None:
        """``stopped`` returns whether waiting is to be given up; ``meanwhile`` is called about every 0.01 s while one
        of the methods waits.
        """
        self.settings = settings
        self.slots = SourceSlots(settings.size, settings.box)
        self.pool = ClipPool(self._open_clip, self._end_clip)
        """Opens and ends the sources of clips while the show plays."""
        self.supervisor = Supervisor(clock)
        self.supervisor.start()
        self._in_background = self.supervisor.add_in_background, self.supervisor.remove_in_background
        self._clock = clock
        self._stopped = stopped
        self._meanwhile = meanwhile
        self._memories: list[LatestFrame | SharedParams] = []
        self._beside: WeakSet[SideWorker | ShaperWorker] = WeakSet()
        """What measures motion, finds people, trains and shapes pictures; those of layers that have gone leave by
        themselves."""
        self.closing = ExitStack()
        """What `close` closes once every child has left, before the shared memory."""

    def open_source(self, number: int, plan: LayerPlan, progress: Progress) -> OpenedSource:
        """Start the sources of ``plan`` in order, for layer ``number`` (from 1), and wait until one gives a picture.

        Returns that one; each but the last has `NEXT_SOURCE` seconds, and is ended if it doesn't. The last one is
        returned after `FIRST_PICTURE` seconds even without a picture, and keeps trying while the show plays. Raises
        BadInput or Unavailable if the last one can't be used at all, BadInput for a source of unknown kind.
        ``progress(text, part)`` is only called with what a source waits for (part None), and at the end of that with 1.
        """
        *others, last = map(split_spec, plan.sources)
        passed_over = ""
        for kind, target in others:
            with contextlib.suppress(BadInput, Unavailable):
                SOURCES[kind].check(target)
                worker = self._start_source(number, kind, target)
                try:
                    if self._await(lambda worker=worker: _ready(worker), worker, NEXT_SOURCE, progress):  # type: ignore[misc]
                        return OpenedSource(kind, worker, passed_over, f"{kind}:{target}")
                    self.supervisor.remove(worker.child)
                    self.slots.free(worker.slot)
                finally:
                    passed_over = passed_over or (f"{kind} was passed over: {why}" if (why := _waiting(worker)) else "")
        kind, target = last
        try:
            SOURCES[kind].check(target)
        except BadInput as error:
            raise BadInput(f"{plan.told_in}: {error}" if plan.told_in else str(error)) from None
        worker = self._start_source(number, kind, target)
        self._await(lambda: _ready(worker), worker, FIRST_PICTURE, progress)  # one that can't be reached is tried again
        return OpenedSource(kind, worker, passed_over, f"{kind}:{target}")

    def add_source(self, number: int, spec: str) -> OpenedSource:
        """Start the source ``spec`` for layer ``number``, which is added while the show plays. Never waits.

        Raises BadInput or Unavailable if it can't be used, or if so many sources are open that there is no room.
        """
        kind, target = split_spec(spec)
        SOURCES[kind].check(target)
        slot = self.slots.take()
        if slot is None:
            raise Unavailable("so many sources are open that there is no room for another")
        worker = self._source(number, kind, target, slot, plays=True)
        self.supervisor.add_in_background(worker.child)
        return OpenedSource(kind, worker, "", spec)

    def remove_layer(self, clips: ClipSwitcher, switcher: ModelSwitcher) -> None:
        """End the engines of a layer, and the sources that only it plays. Never waits."""
        self.pool.leave(clips)
        self.pool.settle()
        for worker in switcher.all:
            self.supervisor.remove_in_background(worker.child, partial(self.forget, worker))

    def clips(self, number: int, source: OpenedSource, place: int) -> ClipSwitcher:
        """Returns the bank of clips of layer ``number`` (from 1), in which ``source``, in ``place``, plays."""
        return ClipSwitcher(number, self.pool, source.worker, source.spec, place)

    def open_engines(
        self, number: int, plan: LayerPlan, source: LayerWorker, start: Mapping[str, Value]
    ) -> ModelSwitcher:
        """Start the engine of the bank of ``plan``, for layer ``number`` (from 1), on the pictures of ``source``.

        Doesn't wait. ``start`` are values by address; those of the layer's models go to the engine. Returns the
        switcher, which plays the bank's first model and starts engines for other models by itself.
        """
        make = _EngineMaker(self, number, plan)
        names = [entry.name for entry in plan.bank]
        bank = make.engine(names, reader_number(number, SOURCE_TO_BANK), BANK_NICE)
        switcher = ModelSwitcher(bank, names, names[0], make.invite, make.dismiss)
        switcher.read_from(source.slot)
        own = {name: start[f"{bank.prefix}/{name}"] for name in bank.values.names if f"{bank.prefix}/{name}" in start}
        bank.values.write({**own, **bank.own})  # for the very first picture
        self.supervisor.add_in_background(bank.child)
        return switcher

    def motion(self, number: int) -> MotionWorker:
        """Returns what measures the motion of the source of layer ``number`` (from 1) once it is asked to; its process
        starts then."""
        worker = MotionWorker(self.slots.memories, reader_number(number, SOURCE_TO_MOTION), *self._in_background)
        self._beside.add(worker)
        return worker

    def people(self, number: int) -> PeopleWorker:
        """Returns what finds people in the source of layer ``number`` (from 1) once it is asked to; its process starts
        then."""
        worker = PeopleWorker(self.slots.memories, reader_number(number, SOURCE_TO_PEOPLE), *self._in_background)
        self._beside.add(worker)
        return worker

    def trainer(self, number: int) -> TrainWorker:
        """Returns what trains looks of layer ``number`` (from 1) once it is asked to; its process starts then."""
        worker = TrainWorker(self.slots.memories, reader_number(number, SOURCE_TO_TRAINER), *self._in_background)
        self._beside.add(worker)
        return worker

    def before(self, number: int, shaders: ShaderLoader) -> BeforeChain:
        """Returns the effects before the model of layer ``number`` (from 1), none at first, whose process is started
        when there are some. ``shaders`` tries them."""
        start, end = self.supervisor.add_in_background, self.supervisor.remove_in_background
        worker = ShaperWorker(self.slots, number, self.settings.box, start, end)
        self._beside.add(worker)
        return BeforeChain(f"/layer/{number}/before", shaders, worker)

    def await_models(self, source: LayerWorker, bank: LayerWorker, plan: LayerPlan, progress: Progress) -> None:
        """Wait until the whole bank is warm and has given a picture, for at most `WHOLE_BANK` seconds.

        ``progress(text, part)`` is called meanwhile, with the part (0..1) of the models that are warm, None if there is
        only one, and at the end with 1. If the source hasn't given a picture, or a model fails, return at once: the
        ladder then decides what is shown. Raises BadInput if the engine refuses its job.
        """
        models = len(plan.bank)
        doing = f"preparing {plan.bank[0].name if models == 1 else f'{models} models'}"

        def warm() -> bool:
            ready = bank.child.info.get("warm", 0)
            progress(doing, ready / models if models > 1 else None)
            trouble = bank.child.info.get("failures", 0) or bank.child.info.get("bad", 0)  # then the ladder decides
            return bool(trouble) or (bank.output.published > 0 and ready >= models)

        if _ready(source):
            self._await(warm, bank, WHOLE_BANK)
            progress(doing, 1.0)

    def worker(
        self, spec: ChildSpec, output: LatestFrame, values: SharedParams, prefix: str, limits: Limits
    ) -> LayerWorker:
        """Returns a worker for a child that is not started yet; ``supervisor.add`` of its ``child`` starts it.

        The child runs what ``spec`` says, with the arguments ``output`` and ``values`` added, which describe the two
        memories; they are closed by `forget` or `close`. ``prefix`` is as in `LayerWorker`.
        """
        spec = spec.given(output.fds + values.fds, output=output.describe(), values=values.describe())
        self._memories += [output, values]
        return LayerWorker(Child(spec, lambda: output.heartbeats, limits), output, values, prefix)

    def forget(self, worker: LayerWorker) -> None:
        """Close the memory of a child that is gone, once; the supervisor's thread may call it. A slot stays open, and
        gets the picture back that the child held.
        """
        if worker.reader_number:
            self.slots.let_go(worker.reader_number)
        for memory in (worker.output, worker.values):
            if memory in self._memories:
                self._memories.remove(memory)
                memory.close()

    def close(self) -> None:
        """End every child, close what is in ``closing``, then close all memory. Returns when that is done."""
        self.supervisor.close()
        self.closing.close()
        for worker in tuple(self._beside):
            worker.close()
        for memory in self._memories:
            memory.close()
        self.slots.close()

    def _start_source(self, number: int, kind: str, target: str) -> LayerWorker:
        slot = self.slots.take()
        assert slot is not None, "there are more slots than layers"
        worker = self._source(number, kind, target, slot, plays=True)
        self.supervisor.add(worker.child)
        return worker

    def _open_clip(self, spec: str, layer: int) -> LayerWorker | None:
        """Start the source of a clip for ``layer``, to wait there. Never waits. Returns None if no slot is free."""
        kind, target = split_spec(spec)
        slot = self.slots.take()
        if slot is None:
            return None
        worker = self._source(layer, kind, target, slot, plays=False)
        self.supervisor.add_in_background(worker.child)
        return worker

    def _end_clip(self, worker: LayerWorker) -> None:
        """End the source of a clip. Its slot is free once it is gone."""

        def gone() -> None:
            self.forget(worker)
            self.slots.free(worker.slot)

        self.supervisor.remove_in_background(worker.child, gone)

    def _source(self, number: int, kind: str, target: str, slot: int, plays: bool) -> LayerWorker:
        """Returns a worker for a source that is not started yet. It publishes into ``slot``."""
        source, output = SOURCES[kind], self.slots.memories[slot]
        config = {"kind": kind, "target": target, "box": self.settings.size, "fps": self.settings.fps}
        spec = ChildSpec("source", "vj.source.host:main", {**config, "slot": slot, "plays": plays})
        prefix, limits = f"/layer/{number}/source", Limits(silence=source.silence)
        worker = self.worker(spec, output, SharedParams(source.shared_params(target)), prefix, limits)
        self._memories.remove(output)  # a slot outlives its source
        worker.slot = slot
        return worker

    def _await(
        self,
        there: Callable[[], bool],
        worker: LayerWorker,
        seconds: float,
        progress: Progress = lambda doing, part: None,
    ) -> bool:
        """Wait until ``there()`` is true. Returns whether it was in time, before the child failed.

        Raises BadInput if the child refuses its job. While the child waits for people, ``progress`` says what for, and
        ``seconds`` don't pass (see `ANSWER`).
        """
        patience = _Patience(self._clock.now(), seconds, progress)
        try:
            while not there():
                failed = worker.child.restarts > 0  # read first: a refusal arrives before the fault is counted
                if worker.child.refused:
                    self.supervisor.remove(worker.child)
                    raise BadInput(worker.child.refused)
                if failed or self._stopped() or patience.is_over(self._clock.now(), _waiting(worker)):
                    return False
                self._meanwhile()
                self._clock.sleep(0.01)
            return True
        finally:
            patience.end()


class _Patience:
    """Counts the time that a child may take.

    While the child waits for people, the count stands still, for `ANSWER` seconds at most, and ``progress`` says what
    the child waits for.
    """

    def __init__(self, now: float, seconds: float, progress: Progress) -> None:
        self._last = now
        self._left = seconds
        self._answer = ANSWER
        self._progress = progress
        self._said = ""

    def is_over(self, now: float, waiting: str) -> bool:
        """Returns whether the time is over at ``now`` (s). ``waiting`` is what the child waits for, or empty."""
        passed, self._last = now - self._last, now
        if waiting and self._answer > 0.0:
            self._answer -= passed
        else:
            self._left -= passed
        if self._said and self._said != waiting:
            self.end()
        if waiting:
            self._said = waiting
            self._progress(waiting, None)
        return self._left < 0.0

    def end(self) -> None:
        """Report to ``progress`` that nothing is waited for any more."""
        if self._said:
            self._progress(self._said, 1.0)
            self._said = ""


class _EngineMaker:
    """Makes the engines of one layer."""

    def __init__(self, children: Children, number: int, plan: LayerPlan) -> None:
        self._children = children
        self._plan = plan
        self._prefix = f"/layer/{number}/model"
        self._troubles: dict[str, VjError] = {}
        """What is wrong with models that aren't in the bank, by name.

        It is raised when one is asked for, but the show plays.
        """
        self._jobs = [entry.to_job() for entry in plan.bank] + [self._job(entry) for entry in plan.others]
        self._free = [reader_number(number, reader) for reader in SOURCE_TO_GUESTS]

    def engine(self, names: Sequence[str], reader: int, nice: int) -> LayerWorker:
        """Returns an engine that holds the models ``names``, not yet started.

        ``reader`` is its number among the readers of every source.
        """
        settings, slots = self._children.settings, self._children.slots
        config = {"bank": list(names), "entries": self._jobs, "runtime": settings.runtime, "box": settings.box}
        config |= {"canvas": settings.size, "sources": slots.describe(), "reader": reader}
        spec = ChildSpec("model", "vj.model.engine.engine:main", config, slots.fds, nice)
        values, room = shared_values(self._plan.models), LatestFrame.create(*MODEL_ROOM, readers=1)
        worker = self._children.worker(spec, room, values, self._prefix, Limits())
        worker.reader_number = reader
        return worker

    def invite(self, name: str) -> LayerWorker:
        """Start an engine for one model while the show plays.

        Raises VjError for a model that isn't here or can't be used.
        """
        entry = next(entry for entry in self._plan.models if entry.name == name)
        if name in self._troubles:
            raise self._troubles[name]
        if not entry.present:
            raise Unavailable(f"{name} isn't here yet; fix: vj models fetch {name}")
        if not self._free:
            raise Unavailable(f"{name} can't be loaded while so many others are still ending")
        reader = self._free.pop(0)
        guest = self.engine([name], reader, GUEST_NICE)
        self._children.supervisor.add_in_background(guest.child)
        return guest

    def _job(self, entry: Entry) -> dict[str, Any]:
        try:
            return entry.to_job()
        except VjError as error:
            self._troubles[entry.name] = error
            return entry.to_job(looked=False)

    def dismiss(self, worker: LayerWorker) -> None:
        """End an engine. Its memory and its number among the source's readers are free once it is gone."""

        def gone() -> None:
            self._children.forget(worker)
            self._free.append(worker.reader_number)

        self._children.supervisor.remove_in_background(worker.child, gone)


def _waiting(worker: LayerWorker) -> str:
    """Returns what the worker's child waits for, if that depends on people, such as a permission; usually empty."""
    return str(worker.child.info.get("waiting") or "")


def _ready(worker: LayerWorker) -> bool:
    return bool(worker.child.info.get("ready")) and worker.output.published > 0
