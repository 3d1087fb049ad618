"""The models of one engine: each prepared for the sizes that are played, aside, while another one plays."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vj.frame.frame import Size
from vj.model import FAMILIES
from vj.model.governor import Governor
from vj.model.guard import Guard
from vj.model.library import Entry
from vj.model.model import Model, Prepared

_KEPT = 4
"""Sizes and variants of one model that stay prepared: a slide show comes back to them."""


class Key(NamedTuple):
    """What is prepared: a model for pictures of a size, in one of its variants."""

    name: str
    size: Size
    variant: str


class Ready(NamedTuple):
    """What came of it; ``seconds`` is what a picture takes."""

    key: Key
    prepared: Prepared
    seconds: float


class Place:
    """One model of the bank, and what is kept about it."""

    def __init__(self, entry: Entry, runtime: str) -> None:
        self.entry, self.runtime = entry, runtime
        self.model = self._made(exact=False)
        self.governor, self.guard = Governor(), Guard()
        self.ready: OrderedDict[Key, Ready] = OrderedDict()
        self.begun = False

    def be_exact(self) -> bool:
        """Begin anew in full precision. False if that is what it was in."""
        if self.model.exact:
            return False
        self.model = self._made(exact=True)
        self.guard.in_a_row = 0
        self.ready.clear()
        return True

    def keep(self, ready: Ready) -> None:
        self.ready[ready.key] = ready
        while len(self.ready) > _KEPT:
            self.ready.popitem(last=False)

    def _made(self, exact: bool) -> Model:
        runtime = "auto" if exact else self.runtime
        return FAMILIES[self.entry.family](self.entry.files, runtime, exact, self.entry.about)


class Bank(Mapping[str, Place]):
    """Places by name. `ask` has something prepared in a thread; `get_ready` gives it once it is."""

    def __init__(self, entries: Iterable[Entry], runtime: str) -> None:
        self._places = {entry.name: Place(entry, runtime) for entry in entries}
        self._asked: deque[Key] = deque()
        self._failed: dict[Key, Exception] = {}
        self._work = threading.Semaphore(0)
        self.since = time.monotonic()
        """When the work at hand began."""
        self._doing: Key | None = None
        threading.Thread(target=self._prepare_for_ever, name="preparing", daemon=True).start()

    def __getitem__(self, name: str) -> Place:
        return self._places[name]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def get_ready(self, key: Key) -> Ready | None:
        """What was prepared; asked for otherwise, ahead of what waits. Raises what went wrong, once."""
        if key in self._failed:
            raise self._failed.pop(key)
        ready = self._places[key.name].ready.get(key)
        if ready is None:
            self.ask(key, first=True)
        return ready

    def peek(self, key: Key) -> bool:
        """Whether it is prepared, or can't be."""
        return key in self._places[key.name].ready or key in self._failed

    def why_not(self, key: Key) -> Exception | None:
        """What went wrong with it, as long as nobody waited for it."""
        return self._failed.get(key)

    def ask(self, key: Key, first: bool = False) -> None:
        """Have it prepared, if it isn't and nobody asked before."""
        if key == self._doing or key in self._asked or self.peek(key):
            return
        (self._asked.appendleft if first else self._asked.append)(key)
        self._work.release()

    @property
    def busy_for(self) -> float:
        """Seconds for which the work at hand has been going on."""
        return time.monotonic() - self.since if self._doing else 0.0

    def _prepare_for_ever(self) -> None:
        while True:
            self._work.acquire()
            self.since, self._doing = time.monotonic(), self._asked.popleft()
            self._prepare(self._doing)
            self._doing = None

    def _prepare(self, key: Key) -> None:
        place = self._places[key.name]
        model = place.model
        try:
            prepared = model.prepare(key.size, key.variant)
            seconds = min(prepared.warm(), prepared.warm())
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._failed[key] = error
            return
        if model is place.model:  # it may have begun anew meanwhile, in full precision
            place.keep(Ready(key, prepared, seconds))
