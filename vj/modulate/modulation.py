"""All modulators of a show: what they add to the values that hands have set. They never overwrite those."""

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from vj.base.errors import BadInput, unknown
from vj.modulate.modulator import NAMES, Modulator, Moment
from vj.params.control_queue import Change, TriggerHandler
from vj.params.param import Param, ParamTable, Value
from vj.params.scope import Scope
from vj.params.store import FrameValues

PREFIX = "/modulate"
Spread = Callable[[str, Mapping[str, Value]], Mapping[str, Value]]
_LAST_TURN = 2
"""Macros are added up in turn 0, morph faders in turn 1, all else in turn 2."""
_LEADERS = {
    **dict.fromkeys(("/morph/a", "/morph/b"), "/morph/position"),
    **dict.fromkeys((f"/morph/{name}" for name in ("nw", "ne", "sw", "se", "y")), "/morph/x"),
}
"""Knobs that move what another one moves: all of a group count at once."""
_UP = 0.5
"""The level that sets a trigger off, when a modulator rises over it."""


class Route(NamedTuple):
    """Where a modulator goes now: `param` is None where it goes nowhere."""

    address: str
    param: Param | None
    notice: str


class Modulation:
    """Several on one address add up; one may move the depth or the rate of another that comes after it. One on a knob
    that moves others (a macro, a morph fader) adds to those what the knob would move them by.
    """

    def __init__(
        self, table: ParamTable, targets: Mapping[str, Value], spread: Spread = lambda knob, values: {}
    ) -> None:
        """``targets`` are what the parameters are set to, and go on changing. ``spread`` gives the values that a knob
        asks for, standing as the given values say."""
        self._table, self._targets, self._spread = table, targets, spread
        self._turns = {f"/macro/{name}": 0 for name in table.below("/macro")}
        self._turns |= {f"/morph/{name}": 1 for name in table.below("/morph")}
        self.modulators: list[Modulator] = []
        while f"{PREFIX}/{len(self.modulators) + 1}/to" in table:
            self.modulators.append(Modulator(len(self.modulators) + 1))
        self._addresses = [
            {name: f"{PREFIX}/{modulator.number}/{name}" for name in NAMES} for modulator in self.modulators
        ]
        self._routes = [Route("", None, "")] * len(self.modulators)
        self._order: list[int] = []
        self._base: FrameValues | None = None
        self._shown: FrameValues | None = None
        self._added: dict[str, Value] = {}
        self._risen: set[int] = set()

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """What sets envelopes off, by the addresses of the modulators' triggers."""
        return {f"{PREFIX}/{modulator.number}/fire": partial(_fire, modulator) for modulator in self.modulators}

    def find_routes(self) -> bool:
        """Look where the modulators are set to go. Returns whether any goes somewhere."""
        for place, names in enumerate(self._addresses):
            wanted = str(self._targets[names["to"]])
            if wanted != self._routes[place].address:
                self._routes[place] = self._route(wanted)
                self._risen.discard(place)
                self._order = sorted(
                    range(len(self._routes)), key=lambda place: self._turn(self._routes[place].address)
                )
        return any(route.param for route in self._routes)

    def apply(self, base: FrameValues, moment: Moment, fire: Callable[[Change], None]) -> FrameValues:
        """``base`` with everything added; triggers that a modulator rises on go to ``fire``.

        Returns the same object as before while nothing moves, and ``base`` itself where nothing is added.
        """
        added = self._add_up(base, moment, fire)
        if base is not self._base or added != self._added:
            self._shown = base.changed(added) if added else base
        self._base, self._added = base, added
        return self._shown or base

    @property
    def wants_sound(self) -> bool:
        """Whether any of them goes by what is heard."""
        return any(modulator.listens for modulator, route in self.routes() if route.param)

    def routes(self) -> list[tuple[Modulator, Route]]:
        """Those that go somewhere, or say why they don't."""
        pairs = zip(self.modulators, self._routes, strict=True)
        return [(modulator, route) for modulator, route in pairs if route.param or route.notice]

    def _route(self, address: str) -> Route:
        try:
            return Route(address, check_route(address, self._table) if address else None, "")
        except BadInput as reason:
            return Route(address, None, str(reason))

    def _add_up(self, base: FrameValues, moment: Moment, fire: Callable[[Change], None]) -> dict[str, Value]:
        """Macros first, as they may move morph faders, both before all else, as they may move modulators."""
        sums = _Sums(self._table, base)
        for turn in range(_LAST_TURN + 1):
            for place in self._order:
                if self._turn(self._routes[place].address) == turn:
                    self._add(place, sums, moment, fire)
            for knob in self._knobs(sums.added, turn):
                sums.spread(self._spread(knob, base), self._spread(knob, sums.moved))
        return sums.added

    def _turn(self, address: str) -> int:
        return self._turns.get(address, _LAST_TURN)

    def _knobs(self, added: Mapping[str, Value], turn: int) -> list[str]:
        """Those of that turn that were moved, one of each group that moves the same."""
        found = {_LEADERS.get(address, address): 0 for address in added if self._turn(address) == turn}
        return list(found) if turn < _LAST_TURN else []

    def _add(self, place: int, sums: "_Sums", moment: Moment, fire: Callable[[Change], None]) -> None:
        modulator, route = self.modulators[place], self._routes[place]
        if route.param is None:
            return
        values = {name: sums.moved[address] for name, address in self._addresses[place].items()}
        level = modulator.advance(values, moment)
        if route.param.kind == "trigger":
            self._set_off(place, route, level, fire)
        else:
            sums.add(route.address, amount(values, level))

    def _set_off(self, place: int, route: Route, level: float, fire: Callable[[Change], None]) -> None:
        up = level > _UP
        if up and place not in self._risen:
            assert route.param
            fire(Change(route.address, "fire", route.param.high))
        (self._risen.add if up else self._risen.discard)(place)


class _Sums:
    """What is added to ``base`` in one frame, address by address."""

    def __init__(self, table: ParamTable, base: FrameValues) -> None:
        self._table, self._base = table, base
        self._parts: dict[str, float] = {}
        self.added: dict[str, Value] = {}
        self.moved: Mapping[str, Value] = ChainMap(self.added, base)  # type: ignore[arg-type]
        """Every value with what is added so far."""

    def add(self, address: str, by: float) -> None:
        """``by``: a part of the range."""
        self._parts[address] = self._parts.get(address, 0.0) + by
        self.added[address] = moved(self._table[address], self._base[address], self._parts[address])

    def spread(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        """A knob would move what it moves from ``before`` to ``after``."""
        for address in before.keys() & after.keys():
            param = self._table[address]
            if before[address] != after[address] and not param.is_text:
                self.add(address, part(param, after[address]) - part(param, before[address]))


def _fire(modulator: Modulator, change: Change, now: float) -> None:
    modulator.fire()


def amount(values: Mapping[str, Value], level: float) -> float:
    """What a modulator with these settings adds at ``level``, as a part of the range."""
    swing = 2.0 * level - 1.0 if values["polarity"] == "both" else level
    return float(values["offset"]) + float(values["depth"]) * swing


def moved(param: Param, value: Value, by: float) -> Value:
    """``value`` moved ``by`` a part of the range, held within it."""
    if param.kind == "bool":
        return float(value) + by >= 0.5
    if param.kind == "choice":
        place = param.choices.index(str(value)) + math.floor(by * (len(param.choices) - 1) + 0.5)
        return param.choices[min(max(place, 0), len(param.choices) - 1)]
    return param.check(float(value) + by * (param.high - param.low))


def part(param: Param, value: Value) -> float:
    """Where in its range ``value`` is, 0..1."""
    if param.kind == "bool":
        return float(value)
    if param.kind == "choice":
        return param.choices.index(str(value)) / max(1, len(param.choices) - 1)
    return (float(value) - param.low) / (param.high - param.low) if param.high > param.low else 0.0


def check_route(address: str, table: ParamTable) -> Param:
    """The parameter that a modulator is to move. Raises BadInput for one that there isn't, or that can't be moved."""
    if address not in table:
        raise unknown("address to modulate", address, table)
    param = table[address]
    if Scope.MODULATION not in param.scope:
        rooms = ", ".join(table.rooms(Scope.MODULATION))
        raise BadInput(f"{address} can't be modulated; choices: what lies below {rooms}")
    if param.is_text or (param.kind == "trigger" and param.low != param.high):
        raise BadInput(f"{address} takes {param.range_and_unit} and can't be modulated")
    return param
