"""The cue list: which cue stands, which one waits and for what. Times are arguments; values are moved by others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple, Protocol, get_args

from vj.base.errors import BadInput, unknown
from vj.params.control_queue import Change
from vj.params.param import ParamTable, Value
from vj.params.scope import Scope
from vj.play.scene_values import Count, Number, check_value
from vj.play.snapshots import check_name, check_slot

Quantise = Literal["none", "beat", "bar", "phrase"]
MOST_CUES = 500
LONGEST = 3600.0
"""Seconds that a cue's times may be."""
_CLOSE = 1e-6
"""Seconds: times that mean the same."""


class BeatTimes(Protocol):
    """What counts the beats; see `vj.tempo`."""

    @property
    def bar(self) -> float:
        """Beats in a bar."""

    @property
    def phrase(self) -> float:
        """Beats in a phrase."""

    def next(self, every: float, after: float) -> float:
        """When, after the time ``after`` (monotonic), the first multiple of ``every`` beats comes."""


@dataclass(frozen=True)
class Cue:
    """In a preset a ``[[cue]]`` table; the first one is number 1.

    It goes with the next beat, bar or phrase (``quantise``), waits ``wait`` seconds, fires the triggers ``fire``
    (``ADDRESS``, or ``ADDRESS=ARGUMENT``) and fades in ``fade`` seconds to what the snapshot of number ``snapshot``
    holds, and to its own values ``set``, which count for more. ``follow`` seconds after the end of that fade the next
    cue goes by itself; without it, the next cue waits for a trigger.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    name: str = ""
    fade: Number = 0.0
    wait: Number = 0.0
    follow: Number | None = None
    quantise: Quantise = "none"
    snapshot: Count | None = None
    set: Mapping[str, Value] = field(default_factory=dict)
    fire: Sequence[str] = ()


class BegunCue(NamedTuple):
    """Cue ``number`` began at ``at`` (monotonic), after cue ``left``. ``whole``: with the state of all before it."""

    number: int
    at: float
    left: int
    whole: bool


def check(number: int, cue: Cue, table: ParamTable) -> None:
    """Raises BadInput, naming the cue, for what a show with ``table`` can't do."""
    try:
        if not 1 <= number <= MOST_CUES:
            raise BadInput(f"there are at most {MOST_CUES} cues")
        check_name(cue.name)
        for name, seconds in (("fade", cue.fade), ("wait", cue.wait), ("follow", cue.follow)):
            if seconds is not None and not 0.0 <= seconds <= LONGEST:
                raise BadInput(f"{name} takes 0..{LONGEST:g} s, not {seconds}")
        if cue.quantise not in get_args(Quantise):
            raise unknown("quantise", cue.quantise, get_args(Quantise))
        if cue.snapshot is not None:
            check_slot(cue.snapshot)
        for address, value in cue.set.items():
            check_value(address, value, table)
        for written in cue.fire:
            change(written, table)
    except BadInput as reason:
        raise BadInput(f"{label(number, cue)}: {reason}") from None


def change(written: str, table: ParamTable) -> Change:
    """The trigger that ``ADDRESS`` or ``ADDRESS=ARGUMENT`` fires. Raises BadInput."""
    address, equals, argument = written.partition("=")
    param = table[address]
    if param.kind != "trigger":
        raise BadInput(f"{address} is no trigger but a {param.kind}: give its value in set")
    if Scope.CUE not in param.scope:
        raise BadInput(f"a cue can't fire {address}: follow is what makes the next cue go")
    if param.low == param.high:
        if equals:
            raise BadInput(f"{address} takes no argument, not {argument!r}")
        return Change(address, "fire", param.low)
    if not equals:
        raise BadInput(f"{address} takes an argument in {param.range}: {address}={param.low:g}")
    return Change(address, "fire", float(param.parse(argument)))


def label(number: int, cue: Cue) -> str:
    """``cue 3 Chorus``"""
    return f"cue {number} {cue.name}".rstrip()


@dataclass(slots=True)
class _Waiting:
    """Cue ``number`` was asked for at ``since``; at ``begins``, once its beat has come, it begins.

    ``looked`` is the last time at which it hadn't come yet.
    """

    number: int
    since: float
    looked: float
    whole: bool = False
    begins: float | None = None


class CueList:
    """Cues by number from 1; at ``position`` 0 none has gone yet. Nothing moves but in `advance`."""

    def __init__(self, cues: Sequence[Cue], tempo: BeatTimes) -> None:
        self.cues, self._tempo = tuple(cues), tempo
        self.position = 0
        self._waiting: _Waiting | None = None
        self.before: Mapping[str, Value] = MappingProxyType({})
        """What the list's parameters were before a cue touched them. Replaced, never altered."""

    def __getitem__(self, number: int) -> Cue:
        return self.cues[number - 1]

    @property
    def awaited(self) -> int:
        """The cue that waits for its time; 0 where none does. From any thread."""
        waiting = self._waiting
        return waiting.number if waiting else 0

    def go(self, now: float) -> bool:
        """The next cue, please; if one is waiting for its time, then now. False at the end of the list."""
        if self._is_held_up(now):
            self._waiting.begins = now  # type: ignore[union-attr]
            return True
        if self.position >= len(self.cues):
            return False
        self._waiting = _Waiting(self.position + 1, now, now)
        return True

    def goto(self, number: int, now: float) -> None:
        """Cue ``number``, with the state that all cues before it make."""
        self._waiting = _Waiting(number, now, now, whole=True)

    def back(self, now: float) -> int | None:
        """Stand at the cue before; returns the one that was left. A cue that waits is called off instead: None."""
        held_up, self._waiting = self._is_held_up(now), None
        if held_up or self.position == 0:
            return None
        self.position -= 1
        return self.position + 1

    def stop(self) -> None:
        """Nothing waits and nothing follows any more."""
        self._waiting = None

    def stand_at(self, position: int) -> None:
        """Stand at ``position``, as if that cue had gone long ago."""
        self.stop()
        self.position = min(max(position, 0), len(self.cues))

    def advance(self, now: float, lookahead: float = 0.0) -> Iterator[BegunCue]:
        """The cues whose time has come, each with the time it was due at: ``lookahead`` seconds before its beat."""
        while (waiting := self._waiting) and (at := self._due(waiting, now, lookahead)) <= now:
            cue, left = self[waiting.number], self.position
            self.position, self._waiting = waiting.number, None
            if cue.follow is not None and self.position < len(self.cues):
                since = at + cue.fade + cue.follow
                self._waiting = _Waiting(self.position + 1, since, since)
            yield BegunCue(self.position, at, left, waiting.whole)

    def line(self, now: float, lookahead: float = 0.0) -> str:
        """Which cue stands, which one comes and, if it goes by itself, when."""
        name = self[self.position].name if self.position else ""
        line = f"cue {self.position}/{len(self.cues)} {name}".rstrip()
        if self._waiting:
            number, left = self._waiting.number, self._due(self._waiting, now, lookahead) - now
            return f"{line}, {label(number, self[number])} in {max(0.0, left):.1f} s"
        following = self.position + 1
        return f"{line}, next {label(following, self[following])}" if following <= len(self.cues) else line

    def remember(self, targets: Mapping[str, Value], addresses: Iterable[str], afresh: bool) -> None:
        """A cue is about to touch ``addresses``, which stand at ``targets``; ``afresh`` if the list begins with it."""
        touched = {address: targets[address] for address in addresses}
        self.before = MappingProxyType(touched if afresh else {**touched, **self.before})

    def state(self, number: int, values: Callable[[int], Mapping[str, Value]]) -> dict[str, Value]:
        """What cues 1 to ``number`` make of what was there before, for all that any cue has touched.

        ``values`` are a cue's own by its number.
        """
        made = dict(self.before)
        for earlier in range(1, number + 1):
            made.update(values(earlier))
        return made

    def _is_held_up(self, now: float) -> bool:
        """Whether a cue was asked for that still waits for its beat or its time."""
        return self._waiting is not None and self._waiting.since <= now

    def _due(self, waiting: _Waiting, now: float, lookahead: float) -> float:
        """When it begins, as far as is known.

        The beat is looked up anew until it has come, as the tempo may change; from the last look on, so that a beat
        that was moved into the past isn't taken for one that has just come.
        """
        if waiting.begins is not None:
            return waiting.begins
        cue = self[waiting.number]
        if cue.quantise == "none":
            return waiting.since + cue.wait
        beat = max(waiting.since, self._beat(cue.quantise, waiting.looked) - lookahead)
        if beat <= now + _CLOSE:
            waiting.begins = min(beat, now) + cue.wait
        else:
            waiting.looked = max(waiting.looked, now)
        return beat + cue.wait if waiting.begins is None else waiting.begins

    def _beat(self, quantise: Quantise, after: float) -> float:
        every = {"phrase": self._tempo.phrase, "bar": self._tempo.bar}.get(quantise, 1.0)
        return self._tempo.next(every, after)
