"""A show back into its preset's file: what was set, stored and learned, and everything else there as it stood."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from vj.autosave import write_whole
from vj.control.midi import binding as midi
from vj.control.midi.binding import Binding
from vj.errors import BadInput
from vj.param import ParamTable, Value
from vj.paths import PRESETS, library
from vj.play.snapshots import Stored
from vj.preset import Preset, in_full

PASSING = ("/output/", "/learn/", "/show/", "/master/blackout", "/master/freeze")
"""What belongs to the evening and not to the show."""


def place(preset: Preset) -> Path:
    """Where ``preset`` is saved: in its own file, or in the performer's library if it came with the project."""
    own = not preset.path.resolve().is_relative_to(PRESETS.resolve())
    return preset.path if own else library("presets", preset.path.name)


def save(
    preset: Preset,
    values: Mapping[str, Value],
    table: ParamTable,
    snapshots: Mapping[int, Stored],
    bindings: Sequence[Binding],
) -> Path:
    """Write the show as it is; where to. Raises BadInput naming the file and the reason.

    The file is whole at any moment; comments and keys that nobody moved stay as they were written.
    """
    path = place(preset)
    try:
        document = tomlkit.parse(preset.path.read_text(encoding="utf-8"))
        if path != preset.path:
            _name_files_in_full(document, preset)
        _write_values(document, preset, values, table)
        _write_tables(document, snapshots, bindings)
        write_whole(path, tomlkit.dumps(document).encode(), keep=False)
    except (OSError, ValueError, TOMLKitError) as error:  # somebody else has written it meanwhile
        raise BadInput(f"can't save the preset to {str(path)!r}: {error}") from None
    return path


def _name_files_in_full(document: TOMLDocument, preset: Preset) -> None:
    """Files beside the bundled preset are not beside its copy."""
    for entry, plan in zip(document["layer"], preset.layers, strict=True):
        sources = [in_full(spec) for spec in plan.sources]
        entry["source"] = sources if len(sources) > 1 else sources[0]


def _write_values(document: TOMLDocument, preset: Preset, values: Mapping[str, Value], table: ParamTable) -> None:
    """What was moved since the start, and what differs from how the show would start without its ``[set]``."""
    kept = document.setdefault("set", tomlkit.table())
    modulators = enumerate(document.get("modulate", ()), start=1)
    usual = {f"/modulate/{number}/{name}": value for number, entry in modulators for name, value in entry.items()}
    for address, value in values.items():
        if address.startswith(PASSING) or (address in kept and preset.values.get(address) == value):
            continue
        if value != usual.get(address, table[address].default):
            kept[address] = value
        elif address in kept:
            del kept[address]


def _write_tables(document: TOMLDocument, snapshots: Mapping[int, Stored], bindings: Sequence[Binding]) -> None:
    for key, content in (("snapshot", _stored(snapshots)), ("midi", _bindings(bindings))):
        if content:
            document[key] = content
        else:
            document.pop(key, None)


def _stored(snapshots: Mapping[int, Stored]) -> Any:
    tables = tomlkit.table(is_super_table=True)
    for slot, stored in sorted(snapshots.items()):
        entry = tomlkit.table()
        if stored.name:
            entry["name"] = stored.name
        entry["set"] = dict(stored.set)
        tables[str(slot)] = entry
    return tables if snapshots else None


def _bindings(bindings: Sequence[Binding]) -> Any:
    tables = tomlkit.aot()
    for binding in bindings:
        entry = tomlkit.table()
        entry.update(midi.written(binding))
        tables.append(entry)
    return tables if bindings else None
