"""Morphing: a fader between two snapshots, and a pad between four."""

from collections.abc import Mapping, Sequence

from vj.params.param import ParamTable, Value
from vj.play.fade import blend
from vj.play.snapshots import SnapshotSlots

_FADER = ("/morph/a", "/morph/b", "/morph/position")
_PAD = ("/morph/nw", "/morph/ne", "/morph/sw", "/morph/se", "/morph/x", "/morph/y")


def corner_weights(x: float, y: float) -> tuple[float, float, float, float]:
    """Returns the weights of the snapshots nw, ne, sw and se at ``x`` (0 left, 1 right) and ``y`` (0 bottom, 1 top).

    They add up to 1.
    """
    return (1.0 - x) * y, x * y, (1.0 - x) * (1.0 - y), x * (1.0 - y)


class Morph:
    """Mixes snapshots: two by the fader (``/morph/a``, ``b``, ``position``), four by the pad (``/morph/nw``, ``ne``,
    ``sw``, ``se``, ``x``, ``y``), when one of its knobs was moved and only then. It sets no values.

    What is mixed are the parameters that all snapshots at its ends hold; if one of the slots is empty, nothing is.
    """

    def __init__(self, table: ParamTable, slots: SnapshotSlots, targets: Mapping[str, Value]) -> None:
        """``targets`` is a live view of what the parameters are set to, by address. A show whose ``table`` lacks the
        faders has no morph.
        """
        self._table = table
        self._slots = slots
        self._targets = targets
        self._controls = tuple(group for group in (_FADER, _PAD) if group[0] in table)
        self.notice = ""
        """Why the move that the last `moved` found had no effect (a slot is empty); else empty."""
        self.take_as_seen()

    def take_as_seen(self) -> None:
        """Take the fader and the pad where they stand, so that `moved` doesn't report them."""
        self._seen = {group: self._standing(group) for group in self._controls}

    def moved(self) -> dict[str, Value]:
        """Returns the values that the fader or the pad asks for if one of its knobs was moved since the last call or
        `take_as_seen`, by address; else empty, also if one of the slots is empty. Parameters that stand where all the
        snapshots have them are left out. A slot that is chosen anew counts as a move. Sets ``notice``.
        """
        values: dict[str, Value] = {}
        self.notice = ""
        for group in self._controls:
            place = self._standing(group)
            if place != self._seen[group]:
                self._seen[group] = place
                values.update(self._morphed(_weighted(place), self._targets))
                self._complain(_weighted(place))
        return values

    def values_at(self, address: str, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns the values that the fader or pad to which ``address`` (``/morph/x``) belongs would set if all
        parameters stood at ``values``, by address, without those that stand where all its snapshots have them; empty if
        it belongs to none or one of the slots is empty.
        """
        group = next((group for group in self._controls if address in group), None)
        return self._morphed(_weighted(_read(group, values)), values) if group else {}

    def moved_by(self, address: str, targets: Mapping[str, Value]) -> tuple[str, ...]:
        """Returns the addresses that the fader or pad to which ``address`` (``/morph/x``) belongs moves.

        They are those that all snapshots hold whose slots ``targets`` choose for it; empty if a slot is empty or
        ``address`` belongs to neither.
        """
        group = next((group for group in self._controls if address in group), None)
        if group is None:
            return ()
        ends = {slot for slot, _ in _weighted(_read(group, targets))}
        if not all(slot in self._slots for slot in ends):
            return ()
        return _common([self._slots.values(slot) for slot in ends])

    def _standing(self, group: tuple[str, ...]) -> tuple[float, ...]:
        return tuple(float(self._targets[address]) for address in group)

    def _complain(self, weighted: Sequence[tuple[int, float]]) -> None:
        empty = [slot for slot, _ in weighted if slot not in self._slots]
        if empty:
            self.notice = f"no morph: snapshot {min(empty)} is empty"

    def _morphed(self, weighted: Sequence[tuple[int, float]], targets: Mapping[str, Value]) -> dict[str, Value]:
        if not all(slot in self._slots for slot, _ in weighted):
            return {}
        held = [(weight, self._slots.values(slot)) for slot, weight in weighted]
        values: dict[str, Value] = {}
        for address in _common([end for _, end in held]):
            ends = [(weight, end[address]) for weight, end in held]
            now = targets[address]
            if any(value != now for _, value in ends):
                values[address] = blend(self._table[address], now, ends)
        return values


def _read(group: tuple[str, ...], targets: Mapping[str, Value]) -> tuple[float, ...]:
    return tuple(float(targets[address]) for address in group)


def _weighted(place: tuple[float, ...]) -> tuple[tuple[int, float], ...]:
    """Returns slots and their weights, for the values of the fader's or the pad's addresses."""
    if len(place) == len(_FADER):
        a, b, position = place
        return (int(a), 1.0 - position), (int(b), position)
    *corners, x, y = place
    return tuple((int(slot), weight) for slot, weight in zip(corners, corner_weights(x, y), strict=True))


def _common(held: Sequence[Mapping[str, Value]]) -> tuple[str, ...]:
    """Returns the addresses that all of ``held`` have. Others can't be mixed, and are left alone."""
    return tuple(address for address in held[0] if all(address in other for other in held[1:]))
