"""Fades from one state to another in time, and blends of several values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from vj.params.param import Param, ParamTable, Value

_HEAVIER = 0.1
"""By how much the weight of another entry must exceed that of the present one, so that a fader near the middle doesn't
flicker.
"""


def between(param: Param, begin: Value, goal: Value, part: float) -> Value:
    """Returns the value of ``param`` after ``part`` (0..1) of a fade from ``begin`` to ``goal``; from 1 on, ``goal``.

    Numbers change evenly, and an int is rounded. A choice, a text or an int that jumps changes at the start: the press
    of a button must show, and a model takes time to load and fades by itself. An on/off is on during the whole of a
    fade that begins or ends with it on, so that the fading can be seen.
    """
    if part >= 1.0:
        return goal
    if param.is_quantity:
        return _number(param, float(begin) + part * (float(goal) - float(begin)))
    return begin if goal is False else goal


def blend(param: Param, now: Value, weighted: Sequence[tuple[float, Value]]) -> Value:
    """Returns the blend of several values of ``param``, given as (weight, value); the weights add up to 1.

    Numbers are averaged, and an int is rounded. An on/off is on if any value with a weight is on. Of choices, texts and
    ints that jump the heaviest counts; ``now``, the present value, stays until another is heavier by more than 0.1.
    """
    if param.is_quantity:
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
    """Returns the mean of numbers: exactly one of them where it has all the weight, or where they are equal."""
    first = mean = float(weighted[0][1])
    for weight, value in weighted:
        if weight >= 1.0:
            return value
        mean += weight * (float(value) - first)
    return _number(param, mean)


def _number(param: Param, value: float) -> float | int:
    """Returns ``value``, held within the range of ``param`` against rounding errors; an int is rounded."""
    held = min(max(value, param.low), param.high)
    return round(held) if param.kind == "int" else held


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade from the values ``begin`` to the values ``goal`` (by address), beginning at ``start`` (monotonic s) and
    lasting ``seconds``.

    ``begin`` has every address that ``goal`` has. ``label`` is its name for people.
    """

    label: str
    start: float
    seconds: float
    begin: Mapping[str, Value]
    goal: Mapping[str, Value]

    def part(self, now: float) -> float:
        """Returns how much of the fade is over at ``now`` (monotonic s), 0..1; 1 if it lasts no time."""
        return min(1.0, max(0.0, (now - self.start) / self.seconds)) if self.seconds > 0.0 else 1.0

    def without(self, addresses: Collection[str]) -> "Fade":
        """Returns a copy of the fade that doesn't lead ``addresses``; its ``goal`` may be empty then."""
        return replace(self, goal={address: value for address, value in self.goal.items() if address not in addresses})


class RunningFades:
    """The fades that run now; no two move the same address. It sets no values: `advance` returns them.

    ``running`` holds the fades in the order in which they were started, and may be read from any thread.
    """

    def __init__(self, table: ParamTable) -> None:
        self._table = table
        self.running: tuple[Fade, ...] = ()

    def start(
        self, label: str, targets: Mapping[str, Value], goal: Mapping[str, Value], at: float, seconds: float
    ) -> None:
        """Begin a fade from ``targets`` to ``goal`` at the time ``at`` (monotonic s) that lasts ``seconds``.

        It takes over the addresses in ``goal`` that another fade was moving. Addresses that stand at their goal already
        are left out; if all do, no fade begins. ``targets`` has every address of the show.
        """
        self.let_go(goal)
        moving = {address: value for address, value in goal.items() if targets[address] != value}
        if moving:
            begin = {address: targets[address] for address in moving}
            self.running = (*self.running, Fade(label, at, seconds, begin, moving))

    def let_go(self, addresses: Iterable[str]) -> None:
        """Stop fading ``addresses``, as something else moves them now. Fades go on with their other addresses."""
        if not self.running:
            return
        taken = frozenset(addresses)
        if any(not taken.isdisjoint(fade.goal) for fade in self.running):
            kept = (fade.without(taken) for fade in self.running)
            self.running = tuple(fade for fade in kept if fade.goal)

    def stop(self) -> None:
        """End all fades and leave every value where it is."""
        self.running = ()

    def advance(self, now: float) -> dict[str, Value]:
        """Returns where everything that fades is at ``now`` (monotonic s), by address; empty if nothing fades.

        Fades that have arrived give their goals once more and are then removed.
        """
        values: dict[str, Value] = {}
        for fade in self.running:
            part = fade.part(now)
            for address, goal in fade.goal.items():
                values[address] = between(self._table[address], fade.begin[address], goal, part)
        self.running = tuple(fade for fade in self.running if fade.part(now) < 1.0)
        return values

    @property
    def goals(self) -> dict[str, Value]:
        """The values to which all running fades lead, by address, in a new dict."""
        return {address: value for fade in self.running for address, value in fade.goal.items()}
