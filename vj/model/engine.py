"""The child process around one model: take the newest frame, run, publish, repeat."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vj.child.link import Link, Meter
from vj.frame.frame import Frame, Pixels, Size
from vj.frame.memory import SharedMemory
from vj.frame.slot import Slot, Writer
from vj.frame.values import Values
from vj.model import MODELS
from vj.model.model import Model

_IDLE = 0.0005
"""Seconds between two looks at an empty slot."""
SCALES = (1.0, 0.75, 0.5)
"""Parts of the size that are tried in turn when memory runs out."""
_PREPARE_LIMIT = 120.0
"""Seconds after which preparing counts as hung."""


def main(
    link: Link,
    model: str,
    files: dict[str, str],
    runtime: str,
    box: tuple[int, int],
    source: dict[str, Any],
    reader: int,
    slot: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Run ``model`` on what comes through ``source`` until the show is gone."""
    network: Model = MODELS[model]({name: Path(path) for name, path in files.items()}, runtime)
    engine = _Engine(link, network, Size(*box), Slot.attach(slot))
    current = Values({param.name: param for param in network.params}, SharedMemory.attach(values))
    frames = Slot.attach(source).reader(reader)
    link.tell(title=model)
    held: Frame | None = None
    while not link.stopping.is_set():
        for command in link.commands():
            network.command(command["trigger"], command["amount"])
        frame = frames.newest()
        held = frame or held  # what was taken last stays ours until the next is
        if held and (frame or current.changed):  # a control doesn't wait for a new picture
            engine.process(held, current)
        else:
            engine.slot.beat()
            time.sleep(_IDLE)


class _Engine:
    def __init__(self, link: Link, network: Model, box: Size, slot: Slot) -> None:
        self.slot = slot
        self._link, self._network, self._box = link, network, box
        self._writer: Writer = slot.writer()
        self._meter = Meter(link)
        self._shape: tuple[int, ...] = ()
        self._size = Size(0, 0)
        self._scale = 0
        self._scaled: Pixels | None = None

    def process(self, frame: Frame, current: Values) -> None:
        """One picture through the model; a smaller one when there is no memory for it."""
        try:
            if frame.pixels.shape != self._shape:
                self._prepare(frame)
            self._run(frame, current)
        except Exception as error:
            if not out_of_memory(error) or self._scale + 1 == len(SCALES):
                raise
            self._scale, self._shape, self._size = self._scale + 1, (), Size(0, 0)
            self._link.tell(notice=f"out of memory: trying {SCALES[self._scale]:g} of the size")

    def _run(self, frame: Frame, current: Values) -> None:
        started = time.monotonic()
        picture = self._resized(frame.pixels)
        resized = time.monotonic()
        out = self._writer.begin(self._size.height, self._size.width)
        self._network.run(picture, out, current.read(), resized)
        inferred = time.monotonic()
        self._writer.publish(frame.captured, frame.origin)
        ended = time.monotonic()
        for part, seconds in (("fit", resized - started), ("infer", inferred - resized), ("publish", ended - inferred)):
            self._meter.add(part, seconds)
        self._meter.tell(ended)

    def _prepare(self, frame: Frame) -> None:
        """For a source of another shape; the model only hears of it when its own size changes."""
        height, width = frame.pixels.shape[:2]
        scale = SCALES[self._scale]
        box = Size(round(self._box.width * scale), round(self._box.height * scale))
        size = box.fitted(width, height, self._network.multiple)
        if size != self._size:
            with _beating(self.slot):
                self._network.prepare(size)
        self._size, self._shape = size, frame.pixels.shape
        self._link.tell(size=str(size), runtime=self._network.why, ready=True)

    def _resized(self, pixels: Pixels) -> Pixels:
        """The picture at the model's size; the source's own when that is it already."""
        if pixels.shape[:2] == (self._size.height, self._size.width):
            return pixels
        from vj.frame.convert import resize

        self._scaled = resize(pixels, self._size, self._scaled)
        return self._scaled


def out_of_memory(error: Exception) -> bool:
    """Whether ``error`` says, in any of the runtimes' ways, that there was no room."""
    words = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(
        said in words for said in ("out of memory", "outofmemory", "bad_alloc", "can't allocate", "cannot allocate")
    )


@contextmanager
def _beating(slot: Slot) -> Iterator[None]:
    """Signs of life while something long but bounded goes on in native code."""
    done = threading.Event()
    deadline = time.monotonic() + _PREPARE_LIMIT

    def beat() -> None:
        while not done.wait(0.2) and time.monotonic() < deadline:
            slot.beat()

    thread = threading.Thread(target=beat, name="preparing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
