"""All modulators of a show: what they add to the values that hands have set. They never overwrite those."""

import math
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import NamedTuple

from vj.errors import BadInput, unknown
from vj.mailbox import Change
from vj.modulate.modulator import NAMES, Modulator, Moment
from vj.param import Param, ParamTable, Value
from vj.store import Snapshot

PREFIX = "/modulate"
Spread = Callable[[str, Mapping[str, Value]], Mapping[str, Value]]
_KNOBS = ("/macro/", "/morph/")
_FIXED = ("/clock/", "/output/", "/audio/", "/learn/", "/history/", "/show/")
"""What modulators go by, and what is nobody's to move but the performer's."""
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

    def __init__(self, table: ParamTable, spread: Spread = lambda knob, values: {}) -> None:
        """``spread`` gives the values that a knob asks for, standing as the given values say."""
        self._table, self._spread = table, spread
        self.modulators: list[Modulator] = []
        while f"{PREFIX}/{len(self.modulators) + 1}/to" in table:
            self.modulators.append(Modulator(len(self.modulators) + 1))
        self._addresses = [
            {name: f"{PREFIX}/{modulator.number}/{name}" for name in NAMES} for modulator in self.modulators
        ]
        self._routes = [Route("", None, "")] * len(self.modulators)
        self._base: Snapshot | None = None
        self._shown: Snapshot | None = None
        self._version = 0
        self._added: dict[str, Value] = {}
        self._risen: set[int] = set()

    def command(self, change: Change) -> bool:
        """Whether the trigger was a modulator's own."""
        room, _, rest = change.address.removeprefix(f"{PREFIX}/").partition("/")
        if not change.address.startswith(PREFIX) or rest != "fire":
            return False
        self.modulators[int(room) - 1].fire()
        return True

    def apply(self, base: Snapshot, moment: Moment, fire: Callable[[Change], None]) -> Snapshot:
        """``base`` with everything added; triggers that a modulator rises on go to ``fire``.

        The same snapshot as before while nothing moves.
        """
        if base is not self._base:
            self._follow(base)
        added = self._add_up(base, moment, fire)
        if self._shown is None or base is not self._base or added != self._added:
            self._version += 1
            self._shown = base.changed(added, self._version)
        self._base, self._added = base, added
        return self._shown

    @property
    def wants_sound(self) -> bool:
        """Whether any of them goes by what is heard."""
        return any(modulator.listens for modulator, route in self.routes() if route.param)

    def routes(self) -> list[tuple[Modulator, Route]]:
        """Those that go somewhere, or say why they don't."""
        pairs = zip(self.modulators, self._routes, strict=True)
        return [(modulator, route) for modulator, route in pairs if route.param or route.notice]

    def _follow(self, base: Snapshot) -> None:
        for place, names in enumerate(self._addresses):
            wanted = str(base[names["to"]])
            if wanted != self._routes[place].address:
                self._routes[place] = self._route(wanted)
                self._risen.discard(place)

    def _route(self, address: str) -> Route:
        try:
            return Route(address, check_route(address, self._table) if address else None, "")
        except BadInput as reason:
            return Route(address, None, str(reason))

    def _add_up(self, base: Snapshot, moment: Moment, fire: Callable[[Change], None]) -> dict[str, Value]:
        sums: dict[str, float] = {}
        added: dict[str, Value] = {}
        for place, (modulator, route) in enumerate(zip(self.modulators, self._routes, strict=True)):
            if route.param is None:
                continue
            names = self._addresses[place]
            values = {name: added.get(address, base[address]) for name, address in names.items()}
            by = amount(values, modulator.step(values, moment))
            if route.param.kind == "trigger":
                self._set_off(place, route, by, fire)
                continue
            sums[route.address] = sums.get(route.address, 0.0) + by
            added[route.address] = moved(route.param, base[route.address], sums[route.address])
        for knob in [address for address in added if address.startswith(_KNOBS)]:
            self._turn(knob, base, sums, added)
        return added

    def _turn(self, knob: str, base: Snapshot, sums: dict[str, float], added: dict[str, Value]) -> None:
        """Add to what ``knob`` moves the way from where it would be to where it would go."""
        turned = ChainMap({knob: added[knob]}, base)  # type: ignore[arg-type]
        before, after = self._spread(knob, base), self._spread(knob, turned)
        for address in after.keys() & before.keys():
            param = self._table[address]
            sums[address] = sums.get(address, 0.0) + part(param, after[address]) - part(param, before[address])
            added[address] = moved(param, base[address], sums[address])

    def _set_off(self, place: int, route: Route, by: float, fire: Callable[[Change], None]) -> None:
        up = by > _UP
        if up and place not in self._risen:
            assert route.param
            fire(Change(route.address, "fire", route.param.high))
        (self._risen.add if up else self._risen.discard)(place)


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
    if param.kind == "bool" or param.is_text:
        return float(value is True)
    if param.kind == "choice":
        return param.choices.index(str(value)) / max(1, len(param.choices) - 1)
    return (float(value) - param.low) / (param.high - param.low) if param.high > param.low else 0.0


def check_route(address: str, table: ParamTable) -> Param:
    """The parameter that a modulator is to move. Raises BadInput for one that there isn't, or that can't be moved."""
    if address not in table:
        raise unknown("address to modulate", address, table)
    param = table[address]
    if address.startswith(_FIXED):
        raise BadInput(f"{address} can't be modulated; choices: any address but those below {', '.join(_FIXED)}")
    if param.is_text or (param.kind == "trigger" and param.low != param.high):
        raise BadInput(f"{address} takes {param.range_and_unit} and can't be modulated")
    return param
