"""The values of all parameters: the targets they were set to, their smoothing, and one immutable mapping a frame."""

import math
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from vj.base.errors import BadInput
from vj.params.control_queue import ACTIONS, Change
from vj.params.param import Declared, Param, ParamTable, Value


class FrameValues(Mapping[str, Value]):
    """The value of every parameter during one frame, by address. Immutable; triggers have no value.

    Looking up an unknown address or a trigger's raises KeyError.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Value]) -> None:
        """``values`` is kept, not copied; it must not be changed afterwards."""
        self._values = MappingProxyType(values)

    def __getitem__(self, address: str) -> Value:
        return self._values[address]

    def __contains__(self, address: object) -> bool:
        return address in self._values

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def changed(self, changes: Mapping[str, Value]) -> "FrameValues":
        """Returns a copy in which ``changes``, by address, replace values; this object stays as it is."""
        values = self._values.copy()  # fast: ``{**values}`` would look every key up
        values.update(changes)
        return FrameValues(values)

    def number(self, address: str) -> float:
        """Returns the value of a float, int or bool parameter as a float, on as 1.0.

        Raises KeyError for an unknown address or a trigger's. Not for choices and texts: those raise ValueError, unless
        the text happens to be a number.
        """
        return float(self._values[address])


class Store:
    """The values of all parameters as controls, cues and macros set them, without what modulators add.

    Each parameter has a target, which it was set to, and a value, which moves there in `advance`. ``values`` and
    ``targets`` may be read from any thread; only the loop may call the methods. ``table`` is the parameters' table.

    In a running show the table changes: an address that has just gone is left out wherever values are set, and so is
    a value that a parameter doesn't take since it was declared anew.
    """

    def __init__(self, table: ParamTable, start: Mapping[str, Value] | None = None) -> None:
        """``start``, by address, overrides the table's defaults; both together are what `reset` returns to.

        It must be checked already. Targets and values stand there at once.
        """
        self.table = table
        self._start: dict[str, Value] = {a: p.default for a, p in table.items() if p.kind != "trigger"}
        self._start.update(start or {})
        self._targets = dict(self._start)
        self.targets = MappingProxyType(self._targets)
        """What each parameter was set to, by address; a live, read-only view. Controllers show these.

        A smoothed value is still on its way there. Other threads than the loop's go through it in a copy
        (``targets.copy()``), as addresses come and go.
        """
        self.revision = 0
        """A number that grows whenever a target changes, and at every `jump_to` and `reset`, even if none does."""
        self._moving: set[str] = set()
        self._redeclared: set[str] = set()
        """The addresses that were declared anew as another parameter; old values of them may still come."""
        self._gone: dict[str, Param] = {}
        """What was at the addresses that were removed, when they were removed last."""
        self.values = FrameValues(dict(self._start))
        """The value of each parameter in this frame.

        Another object takes its place only when a value changes, so that an idle frame costs nothing.
        """

    def apply_values(self, values: Mapping[str, Value], changes: Iterable[Change] = ()) -> tuple[Change, ...]:
        """Set targets to ``values`` (by address, checked already), then apply ``changes`` to the targets, in order.

        The ``values`` of this store only follow in the next `advance`. Returns those changes that are triggers, in
        order; they are not carried out here.
        """
        for address, value in self._fitting(values).items():
            self._aim(address, value)
        fired = []
        for change in changes:
            if change.address not in self.table or self.table[change.address].kind not in ACTIONS[change.action]:
                continue
            if change.action == "fire":
                fired.append(change)
            else:
                self._aim(change.address, self._changed(change))
        return tuple(fired)

    def jump_to(self, values: Mapping[str, Value]) -> None:
        """Set targets and values to ``values``, by address, at once, smoothed ones too.

        Fades use it, as they do their own smoothing. ``values`` must be checked already.
        """
        values = self._fitting(values)
        moved = {address: value for address, value in values.items() if self.values[address] != value}
        self._targets.update(values)
        self._moving.difference_update(values)
        self.revision += 1
        if moved:
            self.values = self.values.changed(moved)

    def advance(self, dt: float) -> None:
        """Move smoothed values by ``dt`` seconds towards their targets; all others take their targets at once.

        A value arrives once it is within a thousandth of its parameter's range of the target. ``values`` is another
        object afterwards if any has moved. Call it once a frame.
        """
        if self._moving:
            self._advance(dt)

    def reset(self, addresses: Collection[str]) -> None:
        """Put ``addresses`` back to the values that the show started with, at once; all others stay as they are.

        Triggers and unknown addresses among them are ignored.
        """
        self.jump_to({address: value for address, value in self._start.items() if address in addresses})

    def change_table(
        self, remove: Iterable[str], declare: Iterable[Declared], start: Mapping[str, Value] | None = None
    ) -> tuple[str, ...]:
        """Change the ``table`` as `ParamTable.change` does, and let the values follow, at once.

        What is declared stands at its value in ``start`` (by address, checked already) or else at its default, which
        is also what `reset` returns to. What was declared before as the very same `Param` keeps its value and what
        `reset` returns to, unless it is in ``start``. Returns the addresses that aren't there any more or are another
        parameter now.
        """
        declared = [(prefix, tuple(params)) for prefix, params in declare]
        before = {address: self.table[address] for address in remove if address in self.table}
        self.table.change(before, declared)
        given = start or {}
        new = {f"{prefix}/{param.name}": param for prefix, params in declared for param in params}
        changed = [address for address, param in before.items() if new.get(address) != param]
        added = {
            address: given.get(address, param.default)
            for address, param in new.items()
            if param.kind != "trigger" and (address in given or before.get(address) != param)
        }
        self._redeclared |= {a for a, param in new.items() if self._gone.get(a, param) != param}
        self._redeclared |= {address for address in changed if address in new}
        self._gone.update((address, before[address]) for address in changed)
        values = dict(self.values)
        for held in (self._start, self._targets, values):
            for address in changed:
                held.pop(address, None)
            held.update(added)
        self._moving.difference_update(changed, added)
        self.values = FrameValues(values)
        self.revision += 1
        return tuple(changed)

    def arrange_table(self, addresses: Iterable[str]) -> None:
        """Put ``addresses`` last in the table, in this order, as `ParamTable.arrange` does. All values stay."""
        self.table.arrange(addresses)
        self.revision += 1

    def _fitting(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Returns those of ``values`` that the table takes; usually the very object."""
        if self.table.version == 0 or (self._targets.keys() >= values.keys() and self._redeclared.isdisjoint(values)):
            return values
        return {address: value for address, value in values.items() if self._takes(address, value)}

    def _takes(self, address: str, value: Value) -> bool:
        if address in self._redeclared and address in self._targets:
            param = self.table[address]
            if param.told:
                return True
            try:
                return param.check(value, strict=param.kind == "picture") == value
            except BadInput:  # it was meant for the parameter that was here before
                return False
        return address in self._targets

    def _aim(self, address: str, value: Value) -> None:
        if self._targets[address] != value:
            self._targets[address] = value
            self.revision += 1
        self._moving.add(address)

    def _changed(self, change: Change) -> Value:
        param, now = self.table[change.address], self._targets[change.address]
        if param.told:
            return now
        if change.action == "toggle":
            return not now
        if change.action == "reset":
            return self._start[change.address]
        if param.kind == "choice":
            return param.choices[(param.choices.index(str(now)) + int(change.amount)) % len(param.choices)]
        by = change.amount * (1.0 if change.action == "add" else param.high - param.low)
        if param.kind == "int" and 0 < abs(by) < 1:  # rounding would never let it move
            by = math.copysign(1.0, by)
        return param.check(float(now) + by)

    def _advance(self, dt: float) -> None:
        moved: dict[str, Value] = {}
        for address in tuple(self._moving):
            now = self.values[address]
            value, arrived = _follow(self.table[address], now, self._targets[address], dt)
            if value != now:
                moved[address] = value
            if arrived:
                self._moving.discard(address)
        if moved:
            self.values = self.values.changed(moved)


def _follow(param: Param, value: Value, target: Value, dt: float) -> tuple[Value, bool]:
    """Returns ``value`` after one step of exponential smoothing towards ``target``, and whether it has arrived."""
    if param.kind != "float" or not param.smooth:
        return target, True
    gap = float(target) - float(value)
    if abs(gap) <= 1e-3 * (param.high - param.low):
        return target, True
    return float(value) + gap * (1.0 - math.exp(-dt / param.smooth)), False
