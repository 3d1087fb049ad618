"""The part of a performance that survives a crash, as JSON, and its way back into a show that may have changed."""

from collections.abc import Mapping
from typing import Any

from vj.params.param import ParamTable, Value
from vj.play.cue_list import CueList
from vj.play.scene_values import fit
from vj.play.snapshots import LONGEST_NAME, SLOTS, SnapshotSlots, StoredSnapshot


def state(slots: SnapshotSlots, cues: CueList, goals: Mapping[str, Value]) -> dict[str, Any]:
    """Returns the snapshots, the position of the cue list and the ``goals`` of running fades, JSON-able.

    Keys: ``snapshots`` (as `told` writes them), ``cue`` (``number``, ``name`` and ``before``, the values before any
    cue) and ``goals`` (end values by address, as given). May be called from any thread.
    """
    filled, number = slots.filled, cues.position
    return {
        "snapshots": told(filled),
        "cue": {"number": number, "name": cues[number].name if number else "", "before": dict(cues.before)},
        "goals": dict(goals),
    }


def told(filled: Mapping[int, StoredSnapshot]) -> dict[str, Any]:
    """Returns snapshots by their slots, JSON-able; `put` reads them.

    The form is ``{"3": {"name": ..., "set": {address: value}, "rest": {address: value}}}``, without ``rest`` where
    that is None.
    """
    return {
        str(slot): {
            "name": held.name,
            "set": dict(held.set),
            **({} if held.rest is None else {"rest": dict(held.rest)}),
        }
        for slot, held in filled.items()
    }


def restore(
    saved: object, slots: SnapshotSlots, cues: CueList, table: ParamTable
) -> tuple[dict[str, Value], list[str]]:
    """Replace all snapshots and place the cue list as `state` described them. Sets no values.

    Returns the end values of the fades, by address, for the caller to set, and texts that say what was left out.
    ``saved`` may be anything: what is missing, or isn't what `state` writes, leaves the show as its preset has it.
    """
    left_out = _restore_slots(_part(saved, "snapshots"), slots)
    left_out += _restore_cue(_part(saved, "cue"), cues, table)
    goals, unfit = fit(_part(saved, "goals"), table)
    return goals, left_out + list(unfit)


def put(saved: object, slots: SnapshotSlots) -> list[str]:
    """Fill the slots that ``saved`` names, in the form of `told`; other slots stay. Returns texts that say what was
    left out: slots such as ``snapshot 17``, and values such as ``snapshot 3 /layer/1/opacity``.

    ``saved`` may be anything; what is no mapping does nothing. Values that don't fit are dropped, so that they don't
    get into the next file.
    """
    left_out: list[str] = []
    for key, held in saved.items() if isinstance(saved, Mapping) else ():
        if key not in map(str, SLOTS) or not isinstance(held, Mapping) or not isinstance(held.get("set"), Mapping):
            left_out.append(f"snapshot {str(key)[:20]}")
            continue
        slot, name = int(key), str(held.get("name", ""))[:LONGEST_NAME]
        stored = StoredSnapshot(name if name.isprintable() else "", held["set"], _part(held, "rest"))
        left_out += [f"snapshot {slot} {address}" for address in slots.put_fitting(slot, stored)]
    return left_out


def _restore_slots(saved: Mapping[str, Any] | None, slots: SnapshotSlots) -> list[str]:
    """Replace all snapshots by the saved ones: a slot that was emptied stays empty."""
    if saved is None:
        return []
    for slot in SLOTS:
        slots.clear(slot)
    return put(saved, slots)


def _restore_cue(saved: Mapping[str, Any] | None, cues: CueList, table: ParamTable) -> list[str]:
    """Stand at the cue of the saved number if it still has the saved name, else at the only cue of that name."""
    if saved is None:
        return []
    number, name = saved.get("number", 0), saved.get("name", "")
    cues.before = fit(saved.get("before"), table)[0]
    named = [place for place, cue in enumerate(cues.cues, start=1) if cue.name == name]
    if number == 0 or number in named:
        cues.stand_at(int(number))
    elif name and len(named) == 1:
        cues.stand_at(named[0])
    else:
        return [f"cue {str(number)[:20]} {str(name)[:40]}".rstrip()]
    return []


def _part(saved: object, name: str) -> Mapping[str, Any] | None:
    part = saved.get(name) if isinstance(saved, Mapping) else None
    return part if isinstance(part, Mapping) else None
