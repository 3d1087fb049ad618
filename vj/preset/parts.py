"""Checks the tables of a preset against the addresses of its show, and finds the pictures that they name.

Functions that take a ``path`` raise BadInput that names this file, the key and what is wrong.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vj.base.errors import BadInput, VjError, unknown
from vj.control.keyboard import KeyAction
from vj.control.keyboard import KeyBinding as Key
from vj.control.keyboard import check as check_key
from vj.control.midi import mapping as midi
from vj.control.midi.mapping import MidiBinding
from vj.control.osc.dispatcher import check_alias
from vj.modulate.modulation import PREFIX, check_route
from vj.modulate.params import MODULATOR
from vj.modulate.params import MOST as MOST_MODULATORS
from vj.modulate.shapes import parse_steps
from vj.params.changing import may_come
from vj.params.control_queue import ACTIONS
from vj.params.param import Param, ParamTable, Value
from vj.play import cue_list, macros, snapshots
from vj.play.play import Plan
from vj.play.scene_values import check_value
from vj.play.snapshots import StoredSnapshot
from vj.preset.file import PresetFile
from vj.preset.paths import find_picture

_MODULATOR = re.compile(rf"{PREFIX}/(?P<number>\d+)/(?P<name>\w+)")

_SLOTS = {str(slot): slot for slot in snapshots.SLOTS}
_MODULATOR_KEYS = [param.name for param in MODULATOR if param.kind != "trigger"]


def read_plan(path: Path, raw: PresetFile) -> Plan:
    """Returns the snapshots (by slot), cues and macros in ``raw`` as they are written.

    A snapshot whose ``rest`` is ``start`` gets an empty one, to be filled later. Raises BadInput, naming ``path``, for
    a slot that isn't 1..16. Their addresses are checked afterwards, by `checked_plan`, as cues and macros themselves
    decide which addresses there are.
    """
    stored = {}
    for slot, entry in raw.snapshot.items():
        with at(path, f"snapshot.{slot}"):
            number = snapshots.check_slot(_SLOTS.get(slot, slot))
            stored[number] = StoredSnapshot(entry.name, entry.set, {} if entry.rest == "start" else None)
    return Plan(stored, tuple(raw.cue), tuple(raw.macro))


def checked_plan(path: Path, plan: Plan, table: ParamTable) -> Plan:
    """Returns a copy of ``plan``, checked against ``table``, with absolute paths of the pictures that are found.

    ``path`` is the preset's file, in whose folder pictures are looked for first. Raises BadInput naming it, the key and
    what is wrong, also for a cue whose snapshot is empty.
    """
    with at(path, "snapshot"):
        for slot, stored in plan.snapshots.items():
            snapshots.check(slot, stored, table)
    with at(path, "cue"):
        for number, cue in enumerate(plan.cues, start=1):
            cue_list.check(number, cue, table)
    for number, cue in enumerate(plan.cues, start=1):
        with at(path, f"cue.{number}.snapshot"):
            if cue.snapshot is not None and cue.snapshot not in plan.snapshots:
                raise BadInput(f"snapshot {cue.snapshot} is empty; choices: {_listed(plan.snapshots) or 'none'}")
    with at(path, "macro"):
        for number, macro in enumerate(plan.macros, start=1):
            macros.check(number, macro, table)
    folder = path.parent
    stored_here = {
        slot: replace(stored, set=_pictures_found(stored.set, table, folder)) for slot, stored in plan.snapshots.items()
    }
    cues_here = tuple(replace(cue, set=_pictures_found(cue.set, table, folder)) for cue in plan.cues)
    return replace(plan, snapshots=stored_here, cues=cues_here)


def settings(path: Path, raw: PresetFile, table: ParamTable) -> dict[str, Value]:
    """Returns the values in ``[[modulate]]`` (as ``/modulate/N/NAME``) and ``[set]``, by address, checked.

    ``[set]`` takes precedence. Pictures that are found have absolute paths. Raises BadInput naming ``path``, the key
    and what is wrong.
    """
    return {**dict(_modulators(path, raw, table)), **_set(path, "set", raw.set, table)}


def slow_settings(path: Path, raw: PresetFile, table: ParamTable) -> dict[str, Value]:
    """Returns the values in ``[slow]``, by address, checked like those of `settings`, and with the same errors."""
    return _set(path, "slow", raw.slow, table)


def keys(path: Path, raw: PresetFile, table: ParamTable) -> tuple[Key, ...]:
    """Returns the bindings in ``[keys]``, in order, with the names of keys in lower case.

    Pictures that are found have absolute paths. Raises BadInput naming ``path``, the key and what is wrong, also for a
    missing value.
    """
    found: list[Key] = []
    for key, entry in raw.keys.items():
        with at(path, f"keys.{key}"):
            key = key.lower()
            param = table[entry.address]
            if entry.value is None and _wants_value(entry.action, param):
                raise BadInput(f"value is missing; {entry.address} takes {_taken(entry.action, param)}")
            given = None if entry.value is None else find_picture(param, entry.value, path.parent)
            found.append(Key(key, entry.address, entry.action, given))
            check_key(found[-1], table)
    return tuple(found)


def bindings(path: Path, raw: PresetFile, table: ParamTable) -> tuple[MidiBinding, ...]:
    """Returns the bindings in ``[[midi]]``, in order, with absolute paths of the pictures that are found.

    Raises BadInput naming ``path``, the number of the entry (from 1) and what is wrong.
    """
    found: list[MidiBinding] = []
    for number, written in enumerate(raw.midi, start=1):
        with at(path, f"midi.{number}"):
            binding = midi.read(written)
            check_binding(binding, table)
            if binding.value is not None and binding.address in table:
                binding = replace(binding, value=find_picture(table[binding.address], binding.value, path.parent))
            found.append(binding)
    return tuple(found)


def check_binding(binding: MidiBinding, table: ParamTable) -> None:
    """Raises BadInput for a binding that can't work in a show with ``table``, even when an effect or layer comes."""
    if binding.address in table or not may_come(binding.address, table):
        midi.check(binding, table)


def may_work(binding: MidiBinding, table: ParamTable) -> bool:
    """Returns whether `check_binding` accepts ``binding`` for ``table``."""
    return midi.fits(binding, table) or (binding.address not in table and may_come(binding.address, table))


def aliases(path: Path, raw: PresetFile, table: ParamTable) -> Mapping[str, str]:
    """Returns the table ``[osc]`` of ``raw`` itself: for each foreign address, the show's address that it stands for.

    Raises BadInput, naming ``path`` and the foreign address, unless that is new to the show and its own one known.
    """
    for foreign, address in raw.osc.items():
        with at(path, f"osc.{foreign!r}"):
            check_alias(foreign, address, table)
    return raw.osc


def check_setting(address: str, value: Value, table: ParamTable) -> Value:
    """Returns ``value`` as the kind of the parameter at ``address``.

    Raises BadInput unless a show with ``table`` can start with it: an unknown address, a trigger, a value that isn't
    taken, or a setting of a modulator that `check_modulator` refuses.
    """
    check_value(address, value, table)
    checked = table[address].check(value, strict=True)
    if of_modulator := _MODULATOR.fullmatch(address):
        check_modulator(int(of_modulator["number"]), {of_modulator["name"]: checked}, table)
    return checked


def check_modulator(number: int, entry: Mapping[str, Value], table: ParamTable) -> None:
    """Check the settings ``entry`` of modulator ``number`` (from 1), by name; only ``to`` and ``steps`` are looked at.

    Raises BadInput for a ``to`` that can't be modulated or is the modulator's own, and for steps that can't be read.
    """
    to = str(entry.get("to", ""))
    if to:
        check_route(to, table)
    own = _MODULATOR.fullmatch(to)
    if own and int(own["number"]) == number:
        raise BadInput(f"modulator {number} can't move {to}, which is its own")
    if "steps" in entry:
        parse_steps(str(entry["steps"]))


def _wants_value(action: KeyAction, param: Param) -> bool:
    if param.kind == "trigger":
        return action == "fire" and (param.takes_text or param.low != param.high)
    return action == "set" or (action == "step" and param.kind in ACTIONS["step"])


def _taken(action: KeyAction, param: Param) -> str:
    if action != "step":
        return param.range_and_unit
    return "a count of entries such as 1 or -1" if param.kind == "choice" else "a part of its range such as 0.05"


@contextmanager
def at(path: Path, key: str) -> Iterator[None]:
    """Turn any VjError that is raised inside the ``with`` block into a BadInput: ``PATH: KEY: what was said``."""
    try:
        yield
    except VjError as error:
        raise BadInput(f"{path}: {key}: {error}") from None


def _modulators(path: Path, raw: PresetFile, table: ParamTable) -> Iterator[tuple[str, Value]]:
    for number, entry in enumerate(raw.modulate, start=1):
        with at(path, f"modulate.{number}"):
            if number > MOST_MODULATORS:
                raise BadInput(f"there are at most {MOST_MODULATORS} modulators")
            for name, value in entry.items():
                if name not in _MODULATOR_KEYS:
                    raise unknown("key", name, _MODULATOR_KEYS)
                yield f"{PREFIX}/{number}/{name}", table[f"{PREFIX}/{number}/{name}"].check(value, strict=True)
            if "to" not in entry:
                raise BadInput("to is missing: the address that it moves, or an empty text for none")
            check_modulator(number, entry, table)


def _set(path: Path, key: str, written: Mapping[str, Value], table: ParamTable) -> dict[str, Value]:
    values = {}
    for address, value in written.items():
        with at(path, f"{key}.{address!r}"):
            values[address] = find_picture(table[address], check_setting(address, value, table), path.parent)
    return values


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _pictures_found(values: Mapping[str, Value], table: ParamTable, folder: Path) -> dict[str, Value]:
    params = {address: table.find(address) for address in values}
    return {a: find_picture(param, values[a], folder) if param else values[a] for a, param in params.items()}
