"""The cue list: which cue is the current one, and which one waits for what.

Times are arguments (monotonic seconds). `vj.play.cue_player.CuePlayer` moves the values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal, NamedTuple, Protocol, get_args

from vj.base.errors import BadInput, unknown
from vj.params.changing import may_come
from vj.params.control_queue import Change
from vj.params.param import ParamTable, Value
from vj.params.scope import Scope
from vj.play.scene_values import Count, Number, check_value
from vj.play.snapshots import check_name, check_slot

Quantise = Literal["none", "beat", "bar", "phrase"]
"""What a cue waits for before it begins: ``none``, or the next beat, bar or phrase."""
MOST_CUES = 500
"""The most cues that a show may have."""
LONGEST = 3600.0
"""The longest of a cue's times, in seconds."""
_CLOSE = 1e-6
"""Times (s) that differ by less count as the same."""


class BeatTimes(Protocol):
    """The part of the musical clock that cues need; `vj.tempo.tempo.Tempo` defines it, this base doesn't."""

    @property
    def bar(self) -> float:
        """The length of a bar, in beats."""

    @property
    def phrase(self) -> float:
        """The length of a phrase, in beats."""

    def next(self, every: float, after: float) -> float:
        """Returns the time (monotonic s) of the first multiple of ``every`` beats after the time ``after``.

        It holds as long as the tempo doesn't change. At ``after`` itself there is none: the next one is returned.
        """


@dataclass(frozen=True)
class Cue:
    """One cue: a ``[[cue]]`` table of a preset. Cues are numbered from 1.

    When it is asked for, a cue waits for the next beat, bar or phrase (``quantise``), then for ``wait`` seconds. It
    then fires its triggers ``fire`` (each ``ADDRESS`` or ``ADDRESS=ARGUMENT``) and fades, in ``fade`` seconds, to the
    values of snapshot number ``snapshot`` and to its own values ``set`` (by address), which take precedence.
    ``follow`` seconds after the end of the fade the next cue is asked for by itself; if ``follow`` is None, the next
    cue waits for a trigger. Times are seconds; ``name`` is for people.
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
    """Cue ``number`` began at ``at`` (monotonic s, perhaps before this frame), when the list stood at cue ``left``.

    With ``whole``, it sets the state that all cues up to it make, and not only its own values.
    """

    number: int
    at: float
    left: int
    whole: bool


def check(number: int, cue: Cue, table: ParamTable) -> None:
    """Raises BadInput, naming the cue, unless a show with ``table`` can play ``cue`` as number ``number`` (from 1).

    Whether its snapshot is filled isn't checked.
    """
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
            if address in table or not may_come(address, table):
                check_value(address, value, table)
        for written in cue.fire:
            check_fired(written, table)
    except BadInput as reason:
        raise BadInput(f"{label(number, cue)}: {reason}") from None


def check_fired(written: str, table: ParamTable) -> None:
    """Raises BadInput for an entry of ``fire`` that a show with ``table`` can't carry out, even when an effect or a
    layer comes; see `change`.
    """
    address = written.partition("=")[0]
    if address in table or not may_come(address, table):
        change(written, table)


def change(written: str, table: ParamTable) -> Change:
    """Returns the change that fires the trigger ``written``: ``ADDRESS``, or ``ADDRESS=ARGUMENT`` if it takes one.

    Its amount or its text is the argument. Raises BadInput for an unknown address, one that a cue can't fire, or a
    missing, superfluous or bad argument.
    """
    address, equals, argument = written.partition("=")
    param = table[address]
    if param.kind != "trigger":
        raise BadInput(f"{address} is no trigger but a {param.kind}: give its value in set")
    if Scope.CUE not in param.scope:
        raise BadInput(f"a cue can't fire {address}: follow is what makes the next cue go")
    if param.takes_text:
        if not argument:
            raise BadInput(f"{address} takes a text: {address}=NAME")
        return Change(address, "fire", text=str(param.parse(argument)))
    if param.low == param.high:
        if equals:
            raise BadInput(f"{address} takes no argument, not {argument!r}")
        return Change(address, "fire", param.low)
    if not equals:
        raise BadInput(f"{address} takes an argument in {param.range}: {address}={param.low:g}")
    return Change(address, "fire", float(param.parse(argument)))


def label(number: int, cue: Cue) -> str:
    """Returns the name of a cue for people: ``cue 3 Chorus``, or ``cue 3`` if it has none."""
    return f"cue {number} {cue.name}".rstrip()


@dataclass(slots=True)
class _Waiting:
    """Cue ``number``, which was asked for at ``since`` and has not begun yet.

    ``begins`` is the time at which it begins, or None until its beat has come. ``looked`` is the last time at which its
    beat hadn't come yet. ``whole`` is that of `BegunCue`.
    """

    number: int
    since: float
    looked: float
    whole: bool = False
    begins: float | None = None


class CueList:
    """The cues of a show by their numbers, from 1. ``position`` is the number of the current cue, 0 before the first.

    It only keeps the order and the times: it changes no values. Cues begin in `advance` only. At most one cue waits.
    """

    def __init__(self, cues: Sequence[Cue], tempo: BeatTimes) -> None:
        """``cues`` are all of them, in order; ``tempo`` says when beats come."""
        self.cues = tuple(cues)
        self._tempo = tempo
        self.position = 0
        self._waiting: _Waiting | None = None
        self.before: Mapping[str, Value] = MappingProxyType({})
        """By address, the values that parameters had before any cue changed them; parameters that no cue has changed
        aren't in it. The mapping is replaced, never altered.
        """

    def __getitem__(self, number: int) -> Cue:
        return self.cues[number - 1]

    @property
    def awaited(self) -> int:
        """The number of the cue that waits, for its beat, its ``wait`` or because it follows; 0 if none does.

        May be read from any thread.
        """
        waiting = self._waiting
        return waiting.number if waiting else 0

    def go(self, now: float) -> bool:
        """Ask for the next cue, which then waits for its beat and its ``wait`` from ``now`` (monotonic s) on.

        If a cue was asked for already and still waits for these, let that one begin at ``now`` instead. Nothing begins
        before the next `advance`. Returns False, and does nothing, at the end of the list.
        """
        if self._is_held_up(now):
            self._waiting.begins = now  # type: ignore[union-attr]
            return True
        if self.position >= len(self.cues):
            return False
        self._waiting = _Waiting(self.position + 1, now, now)
        return True

    def goto(self, number: int, now: float) -> None:
        """Ask for cue ``number``, which must exist, at ``now``, with the state that all cues up to it make.

        A cue that waits is forgotten. Nothing begins before the next `advance`.
        """
        self._waiting = _Waiting(number, now, now, whole=True)

    def back(self, now: float) -> int | None:
        """Stand at the cue before or, if a cue was asked for that hasn't begun yet, only cancel that one.

        A cue that would have followed later is cancelled in any case. Returns the number of the cue that was left, or
        None if only a cue was cancelled or the list is at its start.
        """
        held_up, self._waiting = self._is_held_up(now), None
        if held_up or self.position == 0:
            return None
        self.position -= 1
        return self.position + 1

    def stop(self) -> None:
        """Cancel the cue that waits or would follow. ``position`` stays."""
        self._waiting = None

    def stand_at(self, position: int) -> None:
        """Set ``position`` (clamped to 0..the last cue), as if that cue had gone long ago: none waits or follows."""
        self.stop()
        self.position = min(max(position, 0), len(self.cues))

    def advance(self, now: float, lookahead: float = 0.0) -> Iterator[BegunCue]:
        """Yield the cues whose time has come at ``now`` (monotonic s), in order, also several that follow each other.

        ``position`` moves to a cue when it is yielded, and the cue that follows it begins to wait. A cue that waits for
        a beat is due ``lookahead`` seconds before it. Nothing happens for cues that aren't taken from the iterator.
        """
        while (waiting := self._waiting) and (at := self._due(waiting, now, lookahead)) <= now:
            cue, left = self[waiting.number], self.position
            self.position, self._waiting = waiting.number, None
            if cue.follow is not None and self.position < len(self.cues):
                since = at + cue.fade + cue.follow
                self._waiting = _Waiting(self.position + 1, since, since)
            yield BegunCue(self.position, at, left, waiting.whole)

    def line(self, now: float, lookahead: float = 0.0) -> str:
        """Returns a line for the display: the current cue, the next one and, if one waits, the seconds until it begins.

        ``cue 2/5 Verse, next cue 3 Chorus`` or ``cue 2/5 Verse, cue 3 Chorus in 1.5 s``. Arguments as in `advance`.
        """
        name = self[self.position].name if self.position else ""
        line = f"cue {self.position}/{len(self.cues)} {name}".rstrip()
        if self._waiting:
            number, left = self._waiting.number, self._due(self._waiting, now, lookahead) - now
            return f"{line}, {label(number, self[number])} in {max(0.0, left):.1f} s"
        following = self.position + 1
        return f"{line}, next {label(following, self[following])}" if following <= len(self.cues) else line

    def remember(self, targets: Mapping[str, Value], addresses: Iterable[str], afresh: bool) -> None:
        """Note in ``before`` the values of ``addresses`` in ``targets``, as a cue is about to change them.

        Values noted earlier stay; with ``afresh``, which says that the list begins with this cue, all of them go.
        """
        touched = {address: targets[address] for address in addresses}
        self.before = MappingProxyType(touched if afresh else {**touched, **self.before})

    def state(self, number: int, values: Callable[[int], Mapping[str, Value]]) -> dict[str, Value]:
        """Returns the values that cues 1 to ``number`` make, one after the other, out of ``before``, by address.

        Addresses are those in ``before`` and those that these cues set. ``values`` returns what a cue sets, by its
        number, from 1.
        """
        made = dict(self.before)
        for earlier in range(1, number + 1):
            made.update(values(earlier))
        return made

    def _is_held_up(self, now: float) -> bool:
        """Returns whether a cue was asked for that still waits for its beat or its time."""
        return self._waiting is not None and self._waiting.since <= now

    def _due(self, waiting: _Waiting, now: float, lookahead: float) -> float:
        """Returns when ``waiting`` begins, as far as is known now.

        The beat is looked up again until it has come, as the tempo may change. Each look starts where the last one
        ended, so that a beat that was moved into the past isn't taken for one that has just come.
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
