"""Snapshots: sixteen slots that each hold a state, or a part of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vj.base.errors import BadInput
from vj.params.changing import may_come
from vj.params.param import ParamTable, Value
from vj.params.scope import Scope
from vj.play.scene_values import captured, check_value, fit

FIRST_SLOT, LAST_SLOT = 1, 16
SLOTS = range(FIRST_SLOT, LAST_SLOT + 1)
"""The numbers of all slots."""
LONGEST_NAME = 100


@dataclass(frozen=True)
class StoredSnapshot:
    """What a slot holds: the table ``[snapshot.N]`` of a preset.

    ``set`` are values by address. When the snapshot is recalled, addresses that ``set`` lacks take their values from
    ``rest``, which is how the show starts. If ``rest`` is None, they stay as they are.
    """

    name: str = ""
    set: Mapping[str, Value] = field(default_factory=dict)
    rest: Mapping[str, Value] | None = None

    @property
    def values(self) -> dict[str, Value]:
        """All values that it sets, by address, in a new dict: ``rest``, with those in ``set`` taking precedence."""
        return {**(self.rest or {}), **self.set}


def check_slot(slot: object) -> int:
    """Returns ``slot`` if it is a whole number of 1..16. Raises BadInput if not; True is none."""
    if isinstance(slot, bool) or not isinstance(slot, int) or slot not in SLOTS:
        raise BadInput(f"there is no snapshot {slot!r}: they are numbered {FIRST_SLOT}..{LAST_SLOT}")
    return slot


def check(slot: int, stored: StoredSnapshot, table: ParamTable) -> None:
    """Raises BadInput, naming the snapshot, for a slot, name or value in ``set`` that a show with ``table`` can't have.

    Values must belong to parameters that snapshots hold. ``rest`` isn't checked.
    """
    check_slot(slot)
    try:
        check_name(stored.name)
        for address, value in stored.set.items():
            if address not in table and may_come(address, table):
                continue
            check_value(address, value, table)
            if not table[address].is_in_scenes:
                raise BadInput(f"{address} is no part of a snapshot: those hold {', '.join(table.rooms(Scope.SCENE))}")
    except BadInput as reason:
        raise BadInput(f"snapshot {slot}: {reason}") from None


def check_name(name: str) -> None:
    """Raises BadInput for a name of more than 100 characters, or with any that can't be printed. Empty is allowed."""
    if len(name) > LONGEST_NAME or not (name.isprintable() or not name):
        raise BadInput(f"a name is one line of at most {LONGEST_NAME} characters, not {name[:LONGEST_NAME]!r}")


class SnapshotSlots:
    """The slots that are filled; ``slot in slots`` says whether one is. It sets no values.

    Only the loop changes them; ``filled`` may be read from any thread.
    """

    def __init__(self, table: ParamTable, stored: Mapping[int, StoredSnapshot]) -> None:
        """``stored`` is what the slots hold at first, by number (1..16). ``table`` says which values the show takes."""
        self._table = table
        self.filled: Mapping[int, StoredSnapshot] = MappingProxyType(dict(stored))
        """The snapshots by their slots. The mapping is replaced at every change, never altered."""
        self._fitting: dict[int, tuple[dict[str, Value], tuple[str, ...]]] = {}
        self._version = table.version
        for slot in stored:
            self._fit(slot)

    def __contains__(self, slot: int) -> bool:
        return slot in self.filled

    def store(self, slot: int, targets: Mapping[str, Value]) -> None:
        """Fill ``slot`` with those of ``targets`` that snapshots hold, replacing what it held. Its name stays.

        ``targets`` are all of the show's values, by address; the new snapshot has no ``rest``.
        """
        name = self.filled[slot].name if slot in self.filled else ""
        self.put(slot, StoredSnapshot(name, captured(targets, self._table)))

    def put(self, slot: int, stored: StoredSnapshot) -> None:
        """Fill ``slot`` with ``stored``, replacing what it held. Values that don't fit this show stay in ``filled``."""
        self._fitting.pop(slot, None)
        self.filled = MappingProxyType({**self.filled, slot: stored})
        self._fit(slot)

    def put_fitting(self, slot: int, stored: StoredSnapshot) -> tuple[str, ...]:
        """Fill ``slot`` with ``stored``, but only with the values that this show takes, replacing what it held.

        Numbers out of range are clamped. Values of effects and layers that may come back stay. Returns the addresses in
        ``stored.set`` that were left out.
        """
        later = {a: v for a, v in stored.set.items() if _may_come(a, v, self._table)}
        named, rest = self._own(stored.set), stored.rest
        named = {**named, **later}
        self.put(slot, StoredSnapshot(stored.name, named, None if rest is None else self._own(rest)))
        return tuple(str(address) for address in stored.set if address not in named)

    def clear(self, slot: int) -> None:
        """Empty ``slot``; harmless if it is empty."""
        self.filled = MappingProxyType({other: held for other, held in self.filled.items() if other != slot})

    def values(self, slot: int) -> Mapping[str, Value]:
        """Returns the values of a filled ``slot`` that this show takes, by address: of ``set`` and of ``rest``.

        Numbers are clamped, and ``set`` takes precedence. It is the object that is kept here: don't change it. Only for
        a slot that is filled.
        """
        return self._fit(slot)[0]

    def left_out(self, slot: int) -> tuple[str, ...]:
        """Returns the addresses in ``set`` of a filled ``slot`` that this show lacks, that snapshots don't hold, or
        that can't take the stored value.
        """
        return self._fit(slot)[1]

    def label(self, slot: int) -> str:
        """Returns the name of a slot for people: ``snapshot 3 Verse``, or ``snapshot 3`` if it is empty or has none."""
        return f"snapshot {slot} {self.filled[slot].name if slot in self.filled else ''}".rstrip()

    def _fit(self, slot: int) -> tuple[dict[str, Value], tuple[str, ...]]:
        """Returns all values of a filled slot that this show takes now, and the addresses in its ``set`` that it
        doesn't.
        """
        if self._table.version != self._version:
            self._fitting, self._version = {}, self._table.version
        if slot not in self._fitting:
            stored = self.filled[slot]
            named, rest = self._own(stored.set), self._own(stored.rest or {})
            self._fitting[slot] = {**rest, **named}, tuple(a for a in stored.set if a not in named)
        return self._fitting[slot]

    def _own(self, values: Mapping[str, Value]) -> dict[str, Value]:
        fitting, _ = fit(values, self._table)
        return {address: value for address, value in fitting.items() if self._table[address].is_in_scenes}


def _may_come(address: object, value: object, table: ParamTable) -> bool:
    """Returns whether ``value`` may be that of a parameter that isn't there now."""
    is_there = not isinstance(address, str) or address in table
    return not is_there and isinstance(value, str | bool | int | float) and may_come(str(address), table)
