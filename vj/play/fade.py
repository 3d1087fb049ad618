"""From one state to another: what lies between values, and fades that run by time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from vj.params.param import Param, ParamTable, Value

_HEAVIER = 0.1
"""By how much another entry must outweigh the present one: a hand that rests in the middle must not flicker."""


def between(param: Param, begin: Value, goal: Value, part: float) -> Value:
    """The value when ``part`` (0..1) of a fade in time is over.

    Numbers go steadily. A choice or a text is there at the start: the press of a button must show, a model needs time
    to load, and fades by itself. An on/off is on for the whole of a fade that begins or ends with it on, so that
    what fades in or out can be seen to.
    """
    if part >= 1.0:
        return goal
    if param.kind in ("float", "int"):
        return _number(param, float(begin) + part * (float(goal) - float(begin)))
    return begin if goal is False else goal


def blend(param: Param, now: Value, weighted: Sequence[tuple[float, Value]]) -> Value:
    """The value at a place between several that the hand has chosen; the weights add up to 1.

    Numbers are mixed; an on/off is on where any share of one that is on is left; of choices and texts the heaviest
    counts, and ``now`` stays until another is clearly heavier.
    """
    if param.kind in ("float", "int"):
        return _mixed(param, weighted)
    if param.kind == "bool":
        return any(value for weight, value in weighted if weight > 0.0)
    weights: dict[Value, float] = {}
    for weight, value in weighted:
        weights[value] = weights.get(value, 0.0) + weight
    heaviest = max(weights, key=weights.__getitem__)
    stays = now in weights and weights[now] > 0.0 and weights[heaviest] - weights[now] <= _HEAVIER
    return now if stays else heaviest


def _mixed(param: Param, weighted: Sequence[tuple[float, Value]]) -> Value:
    """The mean of numbers; exactly one of them where it has all the weight, or where they are equal."""
    first = mean = float(weighted[0][1])
    for weight, value in weighted:
        if weight >= 1.0:
            return value
        mean += weight * (float(value) - first)
    return _number(param, mean)


def _number(param: Param, value: float) -> float | int:
    """What lies between two values of ``param``, whatever the last bit says."""
    held = min(max(value, param.low), param.high)
    return round(held) if param.kind == "int" else held


@dataclass(frozen=True, slots=True)
class Fade:
    """``begin`` and ``goal`` by address, the same ones; from ``start`` on (monotonic) for ``seconds``."""

    label: str
    start: float
    seconds: float
    begin: Mapping[str, Value]
    goal: Mapping[str, Value]

    def part(self, now: float) -> float:
        """How much of it is over, 0..1."""
        return min(1.0, max(0.0, (now - self.start) / self.seconds)) if self.seconds > 0.0 else 1.0

    def without(self, addresses: Collection[str]) -> "Fade":
        """The same for all other addresses."""
        return replace(self, goal={address: value for address, value in self.goal.items() if address not in addresses})


class RunningFades:
    """Those that run now; no two have an address in common. ``running`` may be read from any thread."""

    def __init__(self, table: ParamTable) -> None:
        self._table = table
        self.running: tuple[Fade, ...] = ()

    def start(
        self, label: str, targets: Mapping[str, Value], goal: Mapping[str, Value], at: float, seconds: float
    ) -> None:
        """Fade from ``targets`` to ``goal``. What another fade was moving is taken over."""
        self.let_go(goal)
        moving = {address: value for address, value in goal.items() if targets[address] != value}
        if moving:
            begin = {address: targets[address] for address in moving}
            self.running = (*self.running, Fade(label, at, seconds, begin, moving))

    def let_go(self, addresses: Iterable[str]) -> None:
        """Stop fading ``addresses`` and leave them where they are: another hand moves them now."""
        if not self.running:
            return
        taken = frozenset(addresses)
        if any(not taken.isdisjoint(fade.goal) for fade in self.running):
            kept = (fade.without(taken) for fade in self.running)
            self.running = tuple(fade for fade in kept if fade.goal)

    def stop(self) -> None:
        """Leave everything where it is."""
        self.running = ()

    def advance(self, now: float) -> dict[str, Value]:
        """Where everything that fades is at ``now``; what has arrived fades no longer."""
        values: dict[str, Value] = {}
        for fade in self.running:
            part = fade.part(now)
            for address, goal in fade.goal.items():
                values[address] = between(self._table[address], fade.begin[address], goal, part)
        self.running = tuple(fade for fade in self.running if fade.part(now) < 1.0)
        return values

    @property
    def goals(self) -> dict[str, Value]:
        """Where all of them lead."""
        return {address: value for fade in self.running for address, value in fade.goal.items()}
