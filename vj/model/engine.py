"""The child process around a bank of models: take the newest frame, run the chosen one, publish, repeat."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from vj.child.link import Link, Meter
from vj.errors import VjError
from vj.frame.frame import Frame, Pixels, Size
from vj.frame.memory import SharedMemory
from vj.frame.slot import Slot
from vj.model.bank import Bank, Key, Place, Ready
from vj.model.budget import check_room
from vj.model.guard import PATIENCE
from vj.model.library import MODEL, Entry, params, shared_values, with_paths
from vj.param import Value

_IDLE = 0.0005
"""Seconds between two looks at an empty slot."""
_PREPARE_LIMIT = 120.0
"""Seconds after which preparing counts as hung."""


def main(
    link: Link,
    bank: list[str],
    entries: list[dict[str, Any]],
    runtime: str,
    box: tuple[int, int],
    source: dict[str, Any],
    reader: int,
    slot: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Run the models called ``bank`` on what comes through ``source`` until the show is gone.

    ``entries`` are all that the layer can play, so that values and numbers mean the same in every engine of it.
    """
    known = [Entry.from_job(job) for job in entries]
    mine = [entry for entry in known if entry.name in bank]
    check_room(mine, Size(*box))
    engine = Engine(link, known, Bank(mine, runtime), Size(*box), Slot.attach(slot))
    current = shared_values(known, SharedMemory.attach(values))
    frames = Slot.attach(source).reader(reader)
    held: Frame | None = None
    while not link.stopping.is_set():
        settings = current.read() if current.changed else engine.settings
        for command in link.commands():
            engine.command(command["trigger"], command["amount"])
        if settings[MODEL] in engine.bank:
            frame = frames.newest()
            held = frame or held  # what was taken last stays ours until the next is
            if held and engine.turn(held, settings, is_new=frame is not None):
                continue
        engine.slot.beat()
        time.sleep(_IDLE)


class Engine:
    """``turn`` after ``turn``: whatever is prepared plays, while what is wanted gets prepared aside."""

    def __init__(self, link: Link, entries: Sequence[Entry], bank: Bank, box: Size, slot: Slot) -> None:
        self.bank, self.slot = bank, slot
        self.settings: Mapping[str, Value] = {MODEL: ""}
        self._link, self._box = link, box
        self._numbers = {entry.name: number for number, entry in enumerate(entries)}
        self._params = params(entries)
        self._writer = slot.writer()
        self._meter = Meter(link)
        self._playing: Ready | None = None
        self._told: dict[str, object] = {}
        self._warm: set[str] = set()
        self._scaled: Pixels | None = None

    def command(self, name: str, amount: float) -> None:
        """A trigger of the model that plays."""
        if self._playing:
            self.bank[self._playing.key.name].model.command(name, amount)

    def turn(self, frame: Frame, settings: Mapping[str, Value], is_new: bool) -> bool:
        """One picture, if there is a reason for one: a new frame, a control that moved, something newly prepared."""
        moved = settings is not self.settings
        if moved:
            settings = self.settings = with_paths(settings, self._params)
        before = self._playing
        self._choose(frame, settings)
        if self._playing is None or not (is_new or moved or self._playing is not before):
            self._heed_limit()
            return False
        try:
            self._process(self._playing, frame, settings)
        except Exception as error:  # noqa: BLE001 - decided there
            self._without_room(self.bank[self._playing.key.name], error)
        return True

    def _choose(self, frame: Frame, settings: Mapping[str, Value]) -> None:
        """Play what is wanted if it is ready; until then, what plays."""
        place = self.bank[str(settings[MODEL])]
        key = self._key(place, frame, settings)
        if self._playing and key == self._playing.key and self._playing.key in place.ready:
            self._warm_others(frame, settings)
            return
        try:
            ready = self.bank.get_ready(key)
        except Exception as error:  # noqa: BLE001 - decided there
            self._without_room(place, error)
            return
        if ready and not place.begun:
            place.begun = True
            place.governor.begin(ready.seconds, settings)
            if self._key(place, frame, settings) != key:  # too slow: ready at a smaller size before it is shown
                return
        if ready:
            self._play(ready)

    def _key(self, place: Place, frame: Frame, settings: Mapping[str, Value]) -> Key:
        height, width = frame.pixels.shape[:2]
        scale = place.governor.scale(settings)
        box = Size(round(self._box.width * scale), round(self._box.height * scale))
        size = place.model.size(box, width, height)
        return Key(place.entry.name, size, place.model.variant(settings))

    def _play(self, ready: Ready) -> None:
        if ready is not self._playing:
            self._playing = ready
            self._warm.add(ready.key.name)
            self._tell(title=ready.key.name, size=str(ready.key.size), runtime=ready.prepared.why, ready=True)
            self._tell(warm=len(self._warm))

    def _warm_others(self, frame: Frame, settings: Mapping[str, Value]) -> None:
        """The rest of the bank, while this one plays; each is known to be warm once it is ready."""
        if len(self._warm) == len(self.bank):
            return
        for name, place in self.bank.items():
            if name not in self._warm:
                key = self._key(place, frame, settings)
                if self.bank.peek(key):
                    self._warm.add(name)
                if error := self.bank.why_not(key):
                    self._tell(notice=f"{name}: {error}")
                self.bank.ask(key)
        self._tell(warm=len(self._warm))

    def _process(self, ready: Ready, frame: Frame, settings: Mapping[str, Value]) -> None:
        place = self.bank[ready.key.name]
        started = time.monotonic()
        picture = self._resized(frame.pixels, ready.key.size)
        resized = time.monotonic()
        out = self._writer.begin(ready.key.size.height, ready.key.size.width)
        mean = ready.prepared.run(picture, out, settings, resized)
        inferred = time.monotonic()
        if place.guard.passes(mean, picture):
            self._writer.publish(frame.captured, frame.origin, self._numbers[ready.key.name])
        else:
            self.slot.beat()
            self._distrust(place)
        ended = time.monotonic()
        place.governor.took(ended - started, settings, ended)
        for part, seconds in (("fit", resized - started), ("infer", inferred - resized), ("publish", ended - inferred)):
            self._meter.add(part, seconds)
        self._meter.tell(ended)
        if place.model.notice:
            self._tell(notice=place.model.notice)

    def _distrust(self, place: Place) -> None:
        """Bad pictures aren't shown; after three in a row the model begins anew in full precision."""
        self._tell(bad=place.guard.total)
        if place.guard.impatient:
            name = place.entry.name
            if place.be_exact():
                self._playing = None
                self._tell(notice=f"{name}: {PATIENCE} bad pictures in a row; now in full precision")
            else:
                self._tell(notice=f"{name} gives no picture that could be shown")

    def _without_room(self, place: Place, error: Exception) -> None:
        """Smaller where memory ran out; anything else is the end of this engine, unless another model plays in it."""
        name = place.entry.name
        if out_of_memory(error) and place.governor.shrink():
            place.ready.clear()
            self._playing = None if self._playing and self._playing.key.name == name else self._playing
            self._tell(notice=f"{name} is out of memory: trying {place.governor.room:g} of the size")
        elif self._playing is None or self._playing.key.name == name:
            raise error
        else:
            self._tell(failed=f"{name}: {error}")

    def _heed_limit(self) -> None:
        if self._playing is None and self.bank.busy_for > _PREPARE_LIMIT:
            raise TimeoutError(f"preparing took longer than {_PREPARE_LIMIT:g} s")

    def _resized(self, pixels: Pixels, size: Size) -> Pixels:
        """The picture at the model's size; the source's own when that is it already."""
        if pixels.shape[:2] == (size.height, size.width):
            return pixels
        from vj.frame.convert import resize

        self._scaled = resize(pixels, size, self._scaled)
        return self._scaled

    def _tell(self, **status: object) -> None:
        """Only what is new."""
        news = {key: value for key, value in status.items() if self._told.get(key) != value}
        if news:
            self._told.update(news)
            self._link.tell(**news)


def out_of_memory(error: Exception) -> bool:
    """Whether ``error`` says, in any of the runtimes' ways, that there was no room."""
    if isinstance(error, VjError):
        return False
    words = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(
        said in words for said in ("out of memory", "outofmemory", "bad_alloc", "can't allocate", "cannot allocate")
    )
