"""The sources that are open in a show: those that play, and those that wait to be launched (warm).

A clip stands in a place of a layer's bank. At most `MOST_WARM` sources are open at a time: what plays or is about to,
then the neighbours of what plays, the clips that cues name, and those further off. A source that several places name is
opened once. Others are opened when they are launched, while what plays goes on.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple, Protocol

from vj.base.errors import VjError
from vj.layers.layer_worker import LayerWorker
from vj.params.param import Value
from vj.source import SOURCES, params_of, split_spec
from vj.source.clip_settings import CLIP_PARAMS
from vj.source.source import CLIP

Read = Callable[[str], Value | None]
"""Returns the value at an address, or None for an address that the show lacks."""
MOST_WARM = 8
"""How many sources are open at a time, those that play included."""


class ClipPlace(NamedTuple):
    """Place number ``place`` in the bank of layer number ``layer``, both from 1."""

    layer: int
    place: int

    @property
    def address(self) -> str:
        """The address of the place's launch, below which its settings stand: ``/layer/1/clip/3``."""
        return f"/layer/{self.layer}/clip/{self.place}"


@dataclass(eq=False)
class OpenedClip:
    """A source that has been opened: ``spec`` is what it shows, ``worker`` its process.

    ``owner`` is the place whose settings it follows, one of ``users``, for which it was opened. ``before`` is how many
    pictures its memory had been given when it was told to wait. ``players`` are the numbers of the layers that show it
    now.
    """

    spec: str
    worker: LayerWorker
    owner: ClipPlace
    before: int
    users: set[ClipPlace] = field(default_factory=set)
    players: set[int] = field(default_factory=set)
    has_played: bool = False
    """Whether it was shown at any time."""

    @property
    def is_there(self) -> bool:
        """Whether it plays, or has given the picture with which it will begin when it is launched."""
        if self.players:
            return True
        output = self.worker.output
        return (output.published if _is_live(self.spec) else output.rested) > self.before

    @property
    def trouble(self) -> str:
        """Why it has given no picture, if it failed before its first one; else empty."""
        child = self.worker.child
        return "" if self.has_played or self.is_there else child.refused or (child.fault if child.restarts else "")


class LayerBank(Protocol):
    """What the pool asks a layer's `ClipSwitcher`."""

    number: int
    place: int
    wanted: int
    playing: OpenedClip
    places: Mapping[int, str]


class ClipPool:
    """Opens and ends the sources of a show's clips. Only the loop may use it; no method waits."""

    def __init__(
        self,
        start: Callable[[str, int], LayerWorker | None],
        stop: Callable[[LayerWorker], None],
        may_wait: Callable[[str], bool] = lambda spec: True,
    ) -> None:
        """``start`` opens the source of a SPEC for the layer of that number, to wait there, and returns its worker;
        None if there is no room just now. It may raise VjError or OSError. ``stop`` ends such a source. Neither may
        block. ``may_wait`` returns whether a SPEC may be opened before it is launched.
        """
        self._start = start
        self._stop = stop
        self._may_wait = may_wait
        self.named: Mapping[int, Collection[int]] = {}
        """The places that cues name, by the layer's number."""
        self._banks: list[LayerBank] = []
        self._opened: list[OpenedClip] = []
        self._of: dict[ClipPlace, OpenedClip] = {}
        self._bad: set[str] = set()
        """What couldn't be opened to wait. It is tried again when it is launched."""
        self._names: dict[str, list[str]] = {}
        """By SPEC, the names of a source's parameters."""
        self._is_settled = False
        self._missing: tuple[ClipPlace, str] | None = None
        """What is to be opened next, to wait."""
        self._opening: OpenedClip | None = None
        """What is being opened, to wait."""
        self.version = 0
        """A number that grows when sources follow other settings, so that values must be sent."""
        self.read: Read = lambda address: None
        """Returns the value at an address in this frame: by these, clips are compared that show the same."""

    def join(self, bank: LayerBank) -> None:
        """Look after ``bank``, too, from now on."""
        self._banks.append(bank)
        self.unsettle()

    def leave(self, bank: LayerBank) -> None:
        """Look after ``bank`` no longer: what only it plays is ended by the next `settle`."""
        self._banks.remove(bank)
        for place in [place for place in self._of if place.layer == bank.number]:
            self._free(place)
        bank.playing.players.discard(bank.number)
        self.unsettle()

    def adopt(self, place: ClipPlace, spec: str, worker: LayerWorker, before: int = 0) -> OpenedClip:
        """Take over a source of ``spec`` that ``worker`` plays already, for ``place``. Returns it, as opened."""
        opened = OpenedClip(spec, worker, place, before)
        self._opened.append(opened)
        self._assign(place, opened)
        return opened

    @property
    def opened(self) -> list[OpenedClip]:
        """All sources that are open, in a new list."""
        return list(self._opened)

    def find(self, place: ClipPlace, spec: str) -> OpenedClip | None:
        """Returns the source that is open for ``place``, if it shows ``spec``, else None."""
        opened = self._of.get(place)
        return opened if opened and opened.spec == spec else None

    def open(self, place: ClipPlace, spec: str) -> OpenedClip | None:
        """Returns the source ``spec`` for ``place``: one that is open and fits or, if there is none, a new one.

        Returns None if there is no room just now. Raises VjError or OSError if it can't be opened.
        """
        self._bad.discard(spec)
        opened = self._sharing(place, spec)
        if opened is None:
            worker = self._start(spec, place.layer)
            if worker is None:
                return None
            opened = OpenedClip(spec, worker, place, worker.output.published)
            self._opened.append(opened)
        self._assign(place, opened)
        self.unsettle()
        return opened

    def play(self, opened: OpenedClip, layer: int) -> None:
        """Launch ``opened`` in ``layer``: it begins, unless another layer shows it already."""
        if not opened.players - {layer}:
            opened.worker.child.send({"play": True})
        opened.players.add(layer)
        opened.has_played = True
        self.unsettle()

    def rest(self, opened: OpenedClip, layer: int) -> None:
        """Note that ``layer`` doesn't show ``opened`` any more: it waits, unless another layer shows it."""
        opened.players.discard(layer)
        if not opened.players:
            opened.before = opened.before if _is_live(opened.spec) else opened.worker.output.published
            opened.worker.child.send({"play": False})
        self.unsettle()

    def give_up(self, opened: OpenedClip) -> None:
        """End ``opened``, which has failed."""
        self._bad.add(opened.spec)
        self._end(opened)

    def part(self, place: ClipPlace) -> None:
        """Separate ``place`` from the source that it shares, if its settings aren't the owner's any more.

        Live sources stay shared: a camera can only be opened once.
        """
        opened = self._of.get(place)
        if opened and not self._may_share(place, opened):
            self._free(place)

    def unsettle(self) -> None:
        """Have the next `settle` look anew which sources are to be open."""
        self._is_settled = False

    def settle(self) -> None:
        """Open a source that is to be warm, and end those that aren't; call it once a frame.

        One is opened at a time, so that the machine isn't held up. Usually there is nothing to do.
        """
        if self._opening and (self._opening.is_there or self._opening.trouble):
            if self._opening.trouble and not self._opening.players:
                self.give_up(self._opening)
            self._opening = None
        if not self._is_settled:
            self._is_settled = True
            keep = dict.fromkeys([*(bank.playing for bank in self._banks), *self._coming()])
            self._missing = self._keep(keep)
            for opened in [opened for opened in self._opened if opened not in keep]:
                self._end(opened)
        if self._missing and not self._opening:
            self._open_ahead(*self._missing)

    def _keep(self, keep: dict[OpenedClip, None]) -> tuple[ClipPlace, str] | None:
        """Add to ``keep`` what is to be warm, as far as there is room. Returns the first that isn't open yet."""
        missing = None
        for place, spec in self._worth_keeping():
            if len(keep) + bool(missing) >= MOST_WARM:
                break
            if opened := self.find(place, spec):
                keep[opened] = None
            elif spec not in self._bad and self._may_wait(spec):
                if shared := self._sharing(place, spec):
                    self._assign(place, shared)
                    keep[shared] = None
                else:
                    missing = missing or (place, spec)
        return missing

    def _open_ahead(self, place: ClipPlace, spec: str) -> None:
        try:
            self._opening = self.open(place, spec)
        except (VjError, OSError):  # it says why when it is launched
            self._bad.add(spec)
            self.unsettle()

    def _coming(self) -> Iterator[OpenedClip]:
        for bank in self._banks:
            coming = self._of.get(ClipPlace(bank.number, bank.wanted))
            if coming:
                yield coming

    def _worth_keeping(self) -> Iterator[tuple[ClipPlace, str]]:
        """Yield the places that are to be warm, each with its SPEC, in order of precedence: neighbours, what cues name,
        and what is further off.
        """
        queues = [list(_nearest(bank)) for bank in self._banks]
        cued = [
            (ClipPlace(bank.number, place), bank.places[place])
            for bank in self._banks
            for place in self.named.get(bank.number, ())
            if place in bank.places
        ]
        for number, row in enumerate(zip_longest(*queues)):
            if number == 2:  # both neighbours of every layer were there
                yield from cued
            yield from (each for each in row if each)
        yield from cued

    def _sharing(self, place: ClipPlace, spec: str) -> OpenedClip | None:
        """Returns a source of ``spec`` that is open and that ``place`` may share."""
        for opened in self._opened:
            if opened.spec == spec and not opened.trouble and self._may_share(place, opened):
                return opened
        return None

    def _may_share(self, place: ClipPlace, opened: OpenedClip) -> bool:
        """Returns whether ``opened`` shows what ``place`` wants, with settings that are the same now."""
        if opened.owner == place or _is_live(opened.spec):
            return True
        return self._settings(place, opened.spec) == self._settings(opened.owner, opened.spec)

    def _settings(self, place: ClipPlace, spec: str) -> list[Value | None]:
        own = [self.read(f"{place.address}/{param.name}") for param in CLIP_PARAMS]
        if spec not in self._names:  # that of a shader is read from its file
            self._names[spec] = [param.name for param in params_of(spec) if param.kind != "trigger"]
        return own + [self.read(f"/layer/{place.layer}/source/{name}") for name in self._names[spec]]

    def _assign(self, place: ClipPlace, opened: OpenedClip) -> None:
        self._free(place)
        self._of[place] = opened
        opened.users.add(place)
        self._follow(opened, opened.owner)

    def _follow(self, opened: OpenedClip, owner: ClipPlace) -> None:
        """Have ``opened`` follow the settings of ``owner``."""
        opened.owner = owner
        self.version += 1
        opened.worker.prefix = f"/layer/{owner.layer}/source"
        opened.worker.elsewhere = {f"{CLIP}{param.name}": f"{owner.address}/{param.name}" for param in CLIP_PARAMS}

    def _free(self, place: ClipPlace) -> None:
        """Let ``place`` use nothing. A source that others use follows the settings of one of those."""
        opened = self._of.pop(place, None)
        if opened:
            opened.users.discard(place)
            if opened.owner == place and opened.users:
                self._follow(opened, min(opened.users))
            self.unsettle()

    def _end(self, opened: OpenedClip) -> None:
        for place in tuple(opened.users):
            del self._of[place]
        self._opened.remove(opened)
        self._opening = None if self._opening is opened else self._opening
        self._stop(opened.worker)
        self.unsettle()


def _nearest(bank: LayerBank) -> Iterator[tuple[ClipPlace, str]]:
    """Yield the places of ``bank``, each with its SPEC, by their distance from the one that plays; the next first."""
    filled = sorted(bank.places)
    after = [place for place in filled if place > bank.place] + [place for place in filled if place < bank.place]
    seen: set[int] = set()
    for ahead, behind in zip(after, reversed(after), strict=True):
        for place in (ahead, behind):
            if place not in seen:
                seen.add(place)
                yield ClipPlace(bank.number, place), bank.places[place]


def _is_live(spec: str) -> bool:
    return SOURCES[split_spec(spec)[0]].live
