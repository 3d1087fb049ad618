"""The models of one engine. Each is prepared in a thread, for the sizes that are played, while another one plays."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, NamedTuple

from vj.base.clock import now
from vj.base.frame import Size
from vj.base.paths import cache, trim
from vj.model.engine.governor import Governor
from vj.model.engine.output_check import OutputCheck
from vj.model.files.library import Entry
from vj.model.model import Model, Prepared
from vj.model.runtime.background import BACKGROUND
from vj.model.runtime.memory import give_memory_back, out_of_memory

_TOLD = 64
"""How many failures are kept, at most, until the engine asks for them."""
_MOST_CACHED = 2 << 30
"""Bytes that the cache of exported networks, and that of compiled graphs, may each hold on disk."""


class PreparedKey(NamedTuple):
    """What is to be prepared, as a key: the model ``name`` for pictures of ``size``, in ``variant`` (as `Model.variant`
    names it), whether in full precision, and of which ``edition`` of its files: how often they have changed."""

    name: str
    size: Size
    variant: str
    exact: bool
    edition: int = 0


class PreparedModel(NamedTuple):
    """A model that has been prepared for ``key``. ``seconds`` is the time that a picture takes, the shorter of two runs
    on a test picture; 0 in a `PatientBank`."""

    key: PreparedKey
    prepared: Prepared
    seconds: float


class BankPlace:
    """One model of the bank, and what the engine keeps about it. ``entry`` is its entry, ``model`` the `Model` made of
    it (another object after `be_exact`), ``governor`` chooses its processing size, ``output_check`` counts its bad
    pictures."""

    def __init__(self, entry: Entry, runtime: str, in_thread: bool) -> None:
        """Make the model of ``entry``, not yet prepared, a `Governor` of its own for its size, and an `OutputCheck` of
        its own. ``runtime`` and ``in_thread`` are as in `Model`."""
        self.entry = entry
        self.runtime = runtime
        self._in_thread = in_thread
        self.model = self._made(exact=False)
        self.governor = Governor()
        self.output_check = OutputCheck(self.model.may_be_black)
        self.notice = ""
        """A problem of this model, for the performer; empty if there is none."""
        self.refusal = ""
        """Why the wanted size or variant isn't the one that plays; empty if it is."""
        self.edition = 0
        """The edition of its files that is wanted: how often they have changed, or were seen to before one that can't
        be played."""
        self.made = 0
        """The newest edition that was prepared."""
        self._newest = 0
        self.begun = False
        """Whether the governor has been given the time of the first passes, so that it could begin at a smaller
        size."""
        self.refused: set[PreparedKey] = set()
        """What couldn't be prepared. The engine tries it again only when the model is chosen anew, or when the set
        grows too large and is cleared."""

    def be_exact(self) -> bool:
        """Replace the model by a new one that computes in full precision, by whichever backend does, even if a runtime
        was forced. The new one isn't prepared; what `Bank` holds of the old one stays until `Bank.forget`. The bad
        pictures in a row are counted from 0 again. Returns whether it was replaced: False if it was in full precision
        already."""
        if self.model.exact:
            return False
        self.model = self._made(exact=True)
        self.output_check.in_a_row = 0
        return True

    def follow(self, edition: int) -> None:
        """Want this ``edition`` of its files, if it is newer than all before."""
        if edition > self._newest:
            self._newest = self.edition = edition

    def stay(self) -> None:
        """Want the newest edition that was prepared, until there is a newer one, as that one can't be."""
        self.edition = self.made

    def _made(self, exact: bool) -> Model:
        runtime = "auto" if exact else self.runtime
        return self.entry.make_model(runtime, exact, in_thread=self._in_thread)


class Bank(Mapping[str, BankPlace]):
    """The models of one engine: a mapping from each model's name to its `BankPlace`, the same ones as long as it lives;
    an unknown name raises KeyError. `ask` has a model prepared in a thread; `ready` returns it once it is."""

    in_thread: ClassVar[bool] = True
    """Whether the models read and describe pictures in threads; see `Model`."""

    def __init__(self, entries: Iterable[Entry], runtime: str) -> None:
        """Make the models of ``entries``, which loads nothing, and start the thread that prepares them when asked.
        ``runtime`` is "auto" or the name of the backend to force."""
        self._places = {entry.name: BankPlace(entry, runtime, self.in_thread) for entry in entries}
        self._changed = threading.Condition()
        self._asked: deque[PreparedKey] = deque()
        self._doing: PreparedKey | None = None
        self._since = 0.0
        self._ready: dict[str, OrderedDict[PreparedKey, PreparedModel]] = {name: OrderedDict() for name in self._places}
        """By model, what is prepared, the longest unused first."""
        self._failed: dict[PreparedKey, Exception] = {}
        self._start()

    def __getitem__(self, name: str) -> BankPlace:
        return self._places[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def ready(self, key: PreparedKey) -> PreparedModel | None:
        """Returns the model prepared for ``key`` and counts it as used; None if it isn't ready. It doesn't ask for it.
        Raises KeyError for a model that isn't in the bank."""
        with self._changed:
            found = self._ready[key.name].get(key)
            if found:
                self._ready[key.name].move_to_end(key)
            return found

    def failure(self, key: PreparedKey) -> Exception | None:
        """Returns the error that preparing ``key`` ended with, and forgets it, so that `ask` may queue ``key`` again;
        None if there is none."""
        with self._changed:
            return self._failed.pop(key, None)

    def ask(self, key: PreparedKey, first: bool = False) -> PreparedModel | None:
        """Queue ``key`` to be prepared, behind all others, and return at once. It does nothing if ``key`` is ready,
        being prepared, or has failed with an error that `failure` hasn't returned yet.

        ``first`` puts it ahead of all others, and drops what else is queued of the same model. Returns the prepared
        model if the bank prepares at once; here always None, as `ready` returns it later. Raises KeyError for a model
        that isn't in the bank.
        """
        with self._changed:
            if key == self._doing or key in self._failed or key in self._ready[key.name]:
                return None
            if first:  # the model's earlier requests are outdated, or will be asked for again
                self._asked = deque(other for other in self._asked if other.name != key.name)
                self._asked.appendleft(key)
            elif key not in self._asked:
                self._asked.append(key)
            self._changed.notify()
        return None

    def make_room(self, but: PreparedKey | None) -> list[PreparedKey]:
        """Drop everything that has been prepared, of every model, except ``but``, the one that plays, and give the
        memory of graphics cards back. Returns the keys of what was dropped. What is queued is forgotten; what is being
        prepared goes on.
        """
        dropped: list[PreparedKey] = []
        with self._changed:
            self._asked.clear()
            for kept in self._ready.values():
                found = [key for key in kept if key != but]
                dropped += found
                for key in found:
                    del kept[key]
        give_memory_back()
        return dropped

    def forget(self, name: str) -> None:
        """Drop everything that has been prepared of the model ``name``. What is queued of it or being prepared goes on,
        and will be ready afterwards. Raises KeyError for a model that isn't in the bank."""
        with self._changed:
            self._ready[name].clear()

    @property
    def is_improving(self) -> bool:
        """Whether a faster way to run what plays is being made: pictures may take longer meanwhile."""
        return BACKGROUND.busy

    @property
    def busy_for(self) -> float:
        """Seconds since the preparation that is going on began; 0 if there is none. Queued requests don't count."""
        with self._changed:
            return now() - self._since if self._doing else 0.0

    def _start(self) -> None:
        threading.Thread(target=self._prepare_for_ever, name="preparing", daemon=True).start()

    def _prepare_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked)
                self._doing, self._since = self._asked.popleft(), now()
            with BACKGROUND.urgent():
                done = self._prepare(self._doing)
            with self._changed:
                self._note(self._doing, done)
                self._doing = None
            del done  # waiting for the next, this thread would keep it in memory

    def _note(self, key: PreparedKey, done: PreparedModel | Exception) -> None:
        if isinstance(done, PreparedModel):
            self._keep(done)
            return
        self._failed[key] = done
        while len(self._failed) > _TOLD:
            self._failed.pop(next(iter(self._failed)))

    def _prepare(self, key: PreparedKey) -> PreparedModel | Exception:
        """Returns the model, or why it can't be prepared. Where a card's memory ran out, what torch had kept of it is
        given back, and it is tried once more."""
        done = self._prepared(key)
        if not isinstance(done, Exception) or not out_of_memory(done):
            return done
        done.__traceback__ = None  # it holds what was being made in memory
        return self._prepared(key) if give_memory_back() else done

    def _prepared(self, key: PreparedKey) -> PreparedModel | Exception:
        try:
            place = self._places[key.name]
            prepared = place.model.prepare(key.size, key.variant)
            found = PreparedModel(key, prepared, min(prepared.warm(), prepared.warm()))
        except Exception as error:  # noqa: BLE001 - the engine asks for it, and decides
            return error
        if key.edition > place.made:
            place.made = key.edition
            trim_caches()
        return found

    def _keep(self, ready: PreparedModel) -> None:
        """Keep what was prepared, and nothing of older editions."""
        kept = self._ready[ready.key.name]
        for key in [key for key in kept if key.edition < ready.key.edition]:
            del kept[key]
        kept[ready.key] = ready
        while len(kept) > self._places[ready.key.name].model.kept:
            kept.popitem(last=False)


def trim_caches() -> None:
    """Remove exported networks and compiled graphs, those longest unused first, until the rest takes 2 GiB each."""
    for folder in ("onnx", "openvino"):
        trim(cache(folder), _MOST_CACHED)


class PatientBank(Bank):
    """A bank for renderers, whose time stands still while they wait: `ask` prepares at once, in the caller's thread,
    and no thread is started.

    A picture counts as taking no time, so that the size is never lowered for speed. Nothing is prepared ahead, and
    `busy_for` is always 0.
    """

    in_thread = False

    def ask(self, key: PreparedKey, first: bool = False) -> PreparedModel | None:
        """Prepare ``key`` now, however long that takes, if ``first`` says that it is wanted at once. A key that is
        ready already is prepared anew, so look with `ready` first. Returns the prepared model, whose ``seconds`` are 0;
        None if ``first`` is false, or if preparing fails now or has failed before: `failure` returns the error, and
        must be called before ``key`` is tried again."""
        if not first or key in self._failed:
            return None
        done = self._prepare(key)
        self._note(key, done._replace(seconds=0.0) if isinstance(done, PreparedModel) else done)
        return self.ready(key)

    def _start(self) -> None:
        """Start no thread."""
