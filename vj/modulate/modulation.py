"""All modulators of a show. They add to the values that the performer has set, and never overwrite them."""

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
"""Where modulators stand in the table: that of the first one is ``/modulate/1``."""
Spread = Callable[[str, Mapping[str, Value]], Mapping[str, Value]]
"""From a knob's address, and the values at which parameters stand, to the values that the knob would set, by address.

Empty for an address that is no knob of a macro or a morph. It must set nothing.
"""
_LAST_TURN = 2
"""Modulators are added up in three turns: in turn 0 those of macros, in turn 1 those of morph faders, in turn 2 all
others.
"""
_LEADERS = {
    **dict.fromkeys(("/morph/a", "/morph/b"), "/morph/position"),
    **dict.fromkeys((f"/morph/{name}" for name in ("nw", "ne", "sw", "se", "y")), "/morph/x"),
}
"""For each knob of a morph, the one that stands for all knobs of its fader or pad: what they move is counted once."""
_UP = 0.5
"""A modulator that rises above this level fires the trigger that it goes to."""


class Route(NamedTuple):
    """Where a modulator goes now: to ``param`` at ``address``.

    ``param`` is None where it goes nowhere. ``address`` is then empty, or can't be used, and ``notice`` says why.
    """

    address: str
    param: Param | None
    notice: str


class Modulation:
    """Adds what all modulators contribute to the values of a frame. It sets no values in the store.

    ``modulators`` are all of the show, in the order of their numbers. Several modulators on one address add up. A
    modulator may move the depth or the rate of one that comes after it. A modulator on a knob that moves other
    parameters (a macro, a morph fader) adds to those what the knob would move them by.
    """

    def __init__(
        self, table: ParamTable, targets: Mapping[str, Value], spread: Spread = lambda knob, values: {}
    ) -> None:
        """``table`` decides how many modulators there are. ``targets`` is a live view of what the parameters are set
        to, by address. ``spread`` returns the values that a knob would set; without it, knobs move only themselves.
        """
        self._table = table
        self._targets = targets
        self._spread = spread
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
        self._version = table.version

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """The handlers of the triggers that set envelopes off, by address: ``/modulate/1/fire`` and so on."""
        return {f"{PREFIX}/{modulator.number}/fire": partial(_fire, modulator) for modulator in self.modulators}

    def find_routes(self) -> bool:
        """Read from the targets where each modulator goes (``/modulate/N/to``). Returns whether any goes to a parameter
        that it can move.

        `apply` uses what was read here, and moves nothing before the first call; call it whenever targets have changed.
        """
        version, self._version = self._version, self._table.version
        if version != self._version:
            self._routes = [route if self._holds(route) else Route("", None, "") for route in self._routes]
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
        """Advance all modulators that go somewhere to ``moment``, and return ``base`` with what they add; once a frame.

        Sums are held within each parameter's range. Calls ``fire`` for each trigger that a modulator sets off, which is
        when it rises above 0.5, with a `Change` whose ``amount`` is the trigger's ``high`` and whose ``at`` is 0. If
        ``base`` is the same object as in the last call, and as much is added, so is the result; where nothing is added,
        it is ``base`` itself.
        """
        added = self._add_up(base, moment, fire)
        if base is not self._base or added != self._added:
            self._shown = base.changed(added) if added else base
        self._base, self._added = base, added
        return self._shown or base

    @property
    def wants_sound(self) -> bool:
        """Whether the sound moves any modulator that goes somewhere, as of the last `apply`."""
        return any(modulator.listens for modulator, route in self.routes() if route.param)

    def routes(self) -> list[tuple[Modulator, Route]]:
        """Returns a new list of the modulators that go somewhere, and of those whose address can't be used (``param``
        is None, ``notice`` says why), each with its route, in the order of their numbers.

        All others are left out. As of the last `find_routes`.
        """
        pairs = zip(self.modulators, self._routes, strict=True)
        return [(modulator, route) for modulator, route in pairs if route.param or route.notice]

    def _holds(self, route: Route) -> bool:
        """Returns whether ``route`` still is what its address means."""
        return route.param is self._table[route.address] if route.address in self._table else route.param is None

    def _route(self, address: str) -> Route:
        try:
            return Route(address, check_route(address, self._table) if address else None, "")
        except BadInput as reason:
            return Route(address, None, str(reason))

    def _add_up(self, base: FrameValues, moment: Moment, fire: Callable[[Change], None]) -> dict[str, Value]:
        """Returns what is added, by address. Macros come first, as they may move morph faders; both come before all
        else, as they may move modulators.
        """
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
        """Returns the knobs of ``turn`` that were moved, one for each fader or pad."""
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
    """Sums up what is added to ``base`` in one frame, by address."""

    def __init__(self, table: ParamTable, base: FrameValues) -> None:
        self._table = table
        self._base = base
        self._parts: dict[str, float] = {}
        self.added: dict[str, Value] = {}
        self.moved: Mapping[str, Value] = ChainMap(self.added, base)  # type: ignore[arg-type]
        """All values of the frame, with what is added so far."""

    def add(self, address: str, by: float) -> None:
        """Add ``by``, a part of the parameter's range, to ``address``."""
        self._parts[address] = self._parts.get(address, 0.0) + by
        self.added[address] = moved(self._table[address], self._base[address], self._parts[address])

    def spread(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        """Add what a knob would move its parameters by: from ``before`` to ``after``."""
        for address in before.keys() & after.keys():
            param = self._table[address]
            if before[address] != after[address] and not param.is_text:
                self.add(address, part(param, after[address]) - part(param, before[address]))


def _fire(modulator: Modulator, change: Change, now: float) -> None:
    modulator.fire()


def amount(values: Mapping[str, Value], level: float) -> float:
    """Returns what a modulator adds at ``level`` (0..1), as a part of the range of what it moves, also below 0.

    ``values`` are its settings by name, of which ``offset``, ``depth`` and ``polarity`` (``up``, ``both``) count.
    """
    swing = 2.0 * level - 1.0 if values["polarity"] == "both" else level
    return float(values["offset"]) + float(values["depth"]) * swing


def moved(param: Param, value: Value, by: float) -> Value:
    """Returns ``value`` moved by the part ``by`` of the range of ``param`` (below 0 downwards), held within that range,
    as a value of the same type.

    An int is rounded, a choice moves by whole entries and gives the entry's name, and an on/off is on if 0 or 1 and
    ``by`` add up to 0.5 or more. Not for texts and triggers.
    """
    if param.kind == "bool":
        return float(value) + by >= 0.5
    if param.kind == "choice":
        place = param.choices.index(str(value)) + math.floor(by * (len(param.choices) - 1) + 0.5)
        return param.choices[min(max(place, 0), len(param.choices) - 1)]
    return param.check(float(value) + by * (param.high - param.low))


def part(param: Param, value: Value) -> float:
    """Returns where in the range of ``param`` its ``value`` is, 0..1, for a choice by the entry's number; 0 where the
    range is a single value. Not for texts and triggers.
    """
    if param.kind == "bool":
        return float(value)
    if param.kind == "choice":
        return param.choices.index(str(value)) / max(1, len(param.choices) - 1)
    return (float(value) - param.low) / (param.high - param.low) if param.high > param.low else 0.0


def check_route(address: str, table: ParamTable) -> Param:
    """Returns the parameter at ``address``, which a modulator is to move.

    Raises BadInput for an address that doesn't exist, whose scope lacks ``MODULATION``, or that is a text, a picture or
    a trigger with an argument.
    """
    if address not in table:
        raise unknown("address to modulate", address, table)
    param = table[address]
    if Scope.MODULATION not in param.scope:
        rooms = ", ".join(table.rooms(Scope.MODULATION))
        raise BadInput(f"{address} can't be modulated; choices: what lies below {rooms}")
    if param.is_text or param.takes_text or (param.kind == "trigger" and param.low != param.high):
        raise BadInput(f"{address} takes {param.range_and_unit} and can't be modulated")
    return param
