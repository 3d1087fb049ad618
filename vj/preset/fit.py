"""Takes out of a preset's document what a show can't use, and what would keep the file from being opened again."""

from collections.abc import Callable, Iterator, MutableMapping, MutableSequence
from typing import Any

from vj.base.errors import BadInput
from vj.control.keyboard import KeyBinding as Key
from vj.control.keyboard import check as check_key
from vj.control.midi import mapping as midi
from vj.control.osc.dispatcher import check_alias
from vj.params.changing import may_come
from vj.params.param import ParamTable
from vj.play import cue_list, macros
from vj.play.macros import Macro, MacroTarget
from vj.play.scene_values import check_value
from vj.preset.file import KeyEntry
from vj.preset.parts import check_binding, check_modulator, check_setting

Document = MutableMapping[str, Any]
"""A preset as tomlkit reads it: it keeps comments and layout."""


def fit(document: Document, table: ParamTable) -> list[str]:
    """Take out of ``document``, in place, what a show with ``table`` lacks or can't start with.

    That is entries of set, slow, keys, osc, midi, and of what snapshots, cues and macros set, fire or move; a modulator
    stays with an empty ``to``. Layers are left alone. Returns texts that say what was taken out, empty if nothing was.
    """
    return [*_settings(document, table), *_controls(document, table), *_played(document, table)]


def _settings(document: Document, table: ParamTable) -> Iterator[str]:
    yield from _sift(document.get("set", {}), lambda address, value: check_setting(address, value, table))
    yield from _sift(document.get("slow", {}), lambda address, value: check_setting(address, value, table))
    for number, entry in enumerate(document.get("modulate", ()), start=1):
        if not _is_good(check_modulator, number, {"to": entry["to"]}, table):
            yield f"modulator {number} to {entry['to']}"
            entry["to"] = ""  # it keeps its place, as modulators go by their numbers


def _controls(document: Document, table: ParamTable) -> Iterator[str]:
    for key in _sift(document.get("keys", {}), lambda key, entry: check_key(_key(key, entry), table)):
        yield f"key {key}"
    yield from _sift(document.get("osc", {}), lambda foreign, address: check_alias(foreign, address, table))
    if "midi" in document:
        for place in _thin(document["midi"], lambda entry: check_binding(midi.read(_plain(entry)), table)):
            yield f"MIDI control {place}"


def _played(document: Document, table: ParamTable) -> Iterator[str]:
    for slot, stored in document.get("snapshot", {}).items():
        for address in _sift(stored.get("set", {}), lambda address, value: _check_held(address, value, table)):
            yield f"snapshot {slot} {address}"
    for number, cue in enumerate(document.get("cue", ()), start=1):
        if "snapshot" in cue and str(cue["snapshot"]) not in document.get("snapshot", {}):  # it was emptied
            yield f"cue {number} snapshot {cue['snapshot']}"
            del cue["snapshot"]
        for address in _sift(cue.get("set", {}), lambda address, value: _check_held(address, value, table)):
            yield f"cue {number} {address}"
        for place in _thin(cue.get("fire", []), lambda written: cue_list.check_fired(written, table)):
            yield f"cue {number} trigger {place}"
    for number, macro in enumerate(document.get("macro", ()), start=1):
        for place in _thin(macro.get("targets", []), lambda target: macros.check(1, _macro(target), table)):
            yield f"macro {number} target {place}"


def _check_held(address: str, value: object, table: ParamTable) -> None:
    if address in table or not may_come(address, table):
        check_value(address, value, table)


def _key(key: str, written: Any) -> Key:
    entry = KeyEntry.model_validate(written)
    return Key(key, entry.address, entry.action, entry.value)


def _macro(target: Any) -> Macro:
    return Macro("", (MacroTarget(**_plain(target)),))


def _sift(entries: MutableMapping[str, Any], check: Callable[[str, Any], object]) -> Iterator[str]:
    """Take out the entries that ``check`` refuses, and yield their keys."""
    for key in list(entries):
        if not _is_good(check, key, _plain(entries[key])):
            del entries[key]
            yield key


def _thin(entries: MutableSequence[Any], check: Callable[[Any], object]) -> list[int]:
    """Take out the entries of a list that ``check`` refuses. Returns their places, counted from 1."""
    bad = [place for place, entry in enumerate(entries) if not _is_good(check, _plain(entry))]
    for place in reversed(bad):
        del entries[place]
    return [place + 1 for place in bad]


def _is_good(check: Callable[..., object], *given: Any) -> bool:
    try:
        check(*given)
    except BadInput:  # the caller says what was taken out
        return False
    return True


def _plain(entry: Any) -> Any:
    """Returns ``entry`` as plain Python values, without tomlkit's knowledge of how it was written."""
    return entry.unwrap() if hasattr(entry, "unwrap") else entry
