"""What every parameter is now: targets, smoothing, and one immutable snapshot a frame."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vj.params.control_queue import Change, ControlBatch
from vj.params.param import Param, ParamTable, Value

_NOTHING: tuple[Change, ...] = ()


class FrameValues(Mapping[str, Value]):
    """The value of every address during one frame, and the triggers that fire in it."""

    __slots__ = ("_values", "version")

    def __init__(self, values: dict[str, Value], version: int) -> None:
        self._values = MappingProxyType(values)
        self.version = version

    def __getitem__(self, address: str) -> Value:
        return self._values[address]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def changed(self, changes: Mapping[str, Value], version: int) -> "FrameValues":
        """The same with ``changes``, as ``version``."""
        values = self._values.copy()  # at once, where ``{**values}`` would ask for every key
        values.update(changes)
        return FrameValues(values, version)

    def number(self, address: str) -> float:
        """The value of a float, int or bool parameter as a float."""
        return float(self._values[address])


class Store:
    """Base values by address. ``snapshot`` and ``targets`` may be read from any thread; only the loop writes."""

    def __init__(self, table: ParamTable, start: Mapping[str, Value] | None = None) -> None:
        """``start`` overrides the table's defaults; it is also what panic and reset return to."""
        self.table = table
        self._start: dict[str, Value] = {a: p.default for a, p in table.items() if p.kind != "trigger"}
        self._start.update(start or {})
        self._targets = dict(self._start)
        self.targets = MappingProxyType(self._targets)
        """What each parameter was set to: where a smoothed one is going, and what controllers should show."""
        self.revision = 0
        """Moves when a target does."""
        self._moving: set[str] = set()
        self.snapshot = FrameValues(dict(self._start), 0)

    def step(self, mail: ControlBatch | None, dt: float) -> tuple[Change, ...]:
        """Apply ``mail`` and move smoothed values by ``dt`` seconds; return the triggers that fire now.

        The snapshot object changes only when a value does, so an idle frame costs nothing.
        """
        fired = self.take(mail.values, mail.changes) if mail else _NOTHING
        self.advance(dt)
        return fired

    def take(self, values: Mapping[str, Value], changes: Iterable[Change] = ()) -> tuple[Change, ...]:
        """Aim at ``values``, already checked, then at what ``changes`` make of them; return those that are triggers."""
        for address, value in values.items():
            self._aim(address, value)
        fired = []
        for change in changes:
            if change.action == "fire":
                fired.append(change)
            else:
                self._aim(change.address, self._changed(change))
        return tuple(fired)

    def place(self, values: Mapping[str, Value]) -> None:
        """Be at ``values`` at once, smoothed ones too: for those who make their own way there, such as a fade."""
        moved = {address: value for address, value in values.items() if self.snapshot[address] != value}
        self._targets.update(values)
        self._moving.difference_update(values)
        self.revision += 1
        if moved:
            self.snapshot = self.snapshot.changed(moved, self.snapshot.version + 1)

    def advance(self, dt: float) -> None:
        """Move smoothed values by ``dt`` seconds, all others to where they belong."""
        if self._moving:
            self._advance(dt)

    def reset(self, keep: str | tuple[str, ...] = ()) -> None:
        """Back to the values the show started with, at once; what begins with ``keep`` stays as it is."""
        self.place({address: value for address, value in self._start.items() if not address.startswith(keep)})

    def _aim(self, address: str, value: Value) -> None:
        if self._targets[address] != value:
            self._targets[address] = value
            self.revision += 1
        self._moving.add(address)

    def _changed(self, change: Change) -> Value:
        param, now = self.table[change.address], self._targets[change.address]
        if change.action == "toggle":
            return not now
        if change.action == "reset":
            return self._start[change.address]
        if param.kind == "choice":
            return param.choices[(param.choices.index(str(now)) + int(change.amount)) % len(param.choices)]
        by = change.amount * (1.0 if change.action == "add" else param.high - param.low)
        if param.kind == "int" and 0 < abs(by) < 1:  # rounding would hold it where it is for ever
            by = math.copysign(1.0, by)
        return param.check(float(now) + by)

    def _advance(self, dt: float) -> None:
        moved: dict[str, Value] = {}
        for address in tuple(self._moving):
            now = self.snapshot[address]
            value, arrived = _follow(self.table[address], now, self._targets[address], dt)
            if value != now:
                moved[address] = value
            if arrived:
                self._moving.discard(address)
        if moved:
            self.snapshot = self.snapshot.changed(moved, self.snapshot.version + 1)


def _follow(param: Param, value: Value, target: Value, dt: float) -> tuple[Value, bool]:
    """One step of exponential smoothing towards ``target``, and whether it has arrived."""
    if param.kind != "float" or not param.smooth:
        return target, True
    gap = float(target) - float(value)
    if abs(gap) <= 1e-3 * (param.high - param.low):
        return target, True
    return float(value) + gap * (1.0 - math.exp(-dt / param.smooth)), False
