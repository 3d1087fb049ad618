"""Saves a show into its preset's file: what was set, stored and learned. All else in the file stays as it is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from vj.base.atomic_file import write_whole
from vj.base.errors import BadInput
from vj.base.paths import PRESETS, library
from vj.control.midi import mapping as midi
from vj.control.midi.mapping import MidiBinding
from vj.params.changing import may_come
from vj.params.param import ParamTable, Value
from vj.params.scope import Scope
from vj.play.scene_values import captured
from vj.play.snapshots import SLOTS, StoredSnapshot
from vj.preset import file as preset_file
from vj.preset import preset as presets
from vj.preset.chains import there
from vj.preset.fit import fit
from vj.preset.layer_plan import LayerPlan
from vj.preset.model_settings import start_values
from vj.preset.paths import as_written, find_picture, in_full, model_as_written, spec_as_written
from vj.preset.preset import Preset
from vj.preset.save_clips import write_clips

_CHAINS = ("effects", "before")
"""The keys of a layer's table, and of the master's, that list effects."""


class SavedPreset(NamedTuple):
    """The file that was written, and texts that say what of the preset it couldn't hold; usually none."""

    path: Path
    left_out: Sequence[str]


def place(preset: Preset) -> Path:
    """Returns the path where ``preset`` is saved: its own file, or, if it came with the project, one of the same name
    in the folder ``presets`` of the performer's library. Writes nothing.
    """
    own = not preset.path.is_relative_to(PRESETS.resolve())
    return preset.path if own else library("presets", preset.path.name)


def save(
    preset: Preset,
    values: Mapping[str, Value],
    table: ParamTable,
    snapshots: Mapping[int, StoredSnapshot],
    bindings: Sequence[MidiBinding],
) -> SavedPreset:
    """Write the show as it is into the file at `place` of ``preset``. Raises BadInput naming the file and the reason.

    ``values`` are what all parameters of ``table`` are set to; those that saving takes in (scope ``PRESET``) are
    written where they differ from how the show would start. ``snapshots`` (by slot) and the MIDI ``bindings`` replace
    those of the file; sources and banks are written if the command line chose others. The file is replaced as a whole,
    and only by one that can be opened again: effects whose shaders have gone are left out. Comments, and keys that
    didn't change, stay as they were written.
    """
    path = place(preset)
    try:
        preset, gone = _with_shaders(preset)
        document = tomlkit.parse(preset.path.read_text(encoding="utf-8-sig"))
        before = _before(document, preset)
        _check_layers(preset, before)
        before = _without_replaced(document, preset, before)
        folder = path.parent
        _name_pictures_anew(document, before, folder)
        _write_structure(document, preset, before)
        _write_layers(document, preset, before, folder)
        elsewhere = write_clips(document, preset, before, values, folder)
        _write_values(document, preset, before, _pictures_as_written(values, table, folder), table, elsewhere)
        _write_snapshots(document, snapshots, before, values, table, folder)
        _write_bindings(document, list(dict.fromkeys([*bindings, *_elsewhere(preset, table)])), before, table, folder)
        left_out = [*gone, *fit(document, _table(document, preset, path))]
        written = tomlkit.dumps(document)
        presets.checked(path, preset_file.parse(path, written))
        write_whole(path, written.encode())
    except (OSError, ValueError, TOMLKitError, BadInput) as error:  # also where another program changed it meanwhile
        raise BadInput(f"can't save the preset to {str(path)!r}: {error}") from None
    return SavedPreset(path, left_out)


def _with_shaders(preset: Preset) -> tuple[Preset, list[str]]:
    """Returns ``preset`` without the effects whose shaders aren't there any more, or can't be read, and texts that say
    which those are."""
    layers = tuple(replace(plan, effects=there(plan.effects), before=there(plan.before)) for plan in preset.layers)
    kept = replace(preset, layers=layers, effects=there(preset.effects))
    if kept == preset:
        return preset, []
    left = ((prefix, set(names) - set(kept.chains[prefix])) for prefix, names in preset.chains.items())
    return kept, [f"{prefix}/{name}" for prefix, names in left for name in sorted(names)]


def _before(document: TOMLDocument, preset: Preset) -> Preset:
    """Returns the show that ``document``, the file of ``preset``, describes.

    Shaders may have gone, or may have other inputs than before. What the file says of those is then taken out of it.
    """
    try:
        return presets.checked(preset.path, preset_file.parse(preset.path, tomlkit.dumps(document)))
    except BadInput:
        for table in (*document.get("layer", ()), document.get("master", {})):
            for key in _CHAINS:
                if key in table:
                    table[key] = list(there(table[key]))
        fit(document, preset.table())
        return presets.checked(preset.path, preset_file.parse(preset.path, tomlkit.dumps(document)))


def _check_layers(preset: Preset, before: Preset) -> None:
    """Raises BadInput if the file of ``preset`` has other layers than when it was last read or saved."""
    if preset.filed and tuple(plan.number for plan in before.layers) != preset.filed:
        raise BadInput(f"it has {len(before.layers)} layers now, and the show {len(preset.filed)}")


def _without_replaced(document: TOMLDocument, preset: Preset, before: Preset) -> Preset:
    """Take out of ``document`` the layers that were removed and whose numbers other layers have now. Returns
    ``before`` without them."""
    now = {plan.number: plan for plan in preset.layers}
    kept = tuple(plan for plan in before.layers if not _is_replaced(plan, now.get(plan.number)))
    for place in reversed(range(len(before.layers))):
        if before.layers[place] not in kept:
            del document["layer"][place]
    return replace(before, layers=kept)


def _is_replaced(plan: LayerPlan, now: LayerPlan | None) -> bool:
    """Returns whether ``now`` is another layer of the same number: its bank was never that of ``plan``, and it begins
    with something else."""
    if now is None or not plan.clips or now.clips:
        return False
    return set(map(in_full, plan.sources)).isdisjoint(map(in_full, now.sources))


def _table(document: TOMLDocument, preset: Preset, path: Path) -> ParamTable:
    """Returns the table of the show that ``document`` will be at ``path``: of sources that share a parameter, others
    may come first than in ``preset``, with other bounds."""
    bare = {key: document[key] for key in ("layer", "master") if key in document}
    written = presets.checked(path, preset_file.parse(path, tomlkit.dumps(bare)))
    return replace(written, plan=preset.plan, modulators=preset.modulators).table()


def _name_pictures_anew(document: TOMLDocument, before: Preset, folder: Path) -> None:
    """Rewrite the relative paths of pictures that don't lead to the same file from ``folder`` as from where the preset
    lay before.
    """
    table = before.table()

    def anew(address: str, value: Value) -> Value:
        param = table.find(address)
        if param is None:  # it may come with an effect
            return value
        found = find_picture(param, value, before.path.parent)
        return value if found == find_picture(param, value, folder) else as_written(str(found), folder)

    for values in _settings(document):
        for address, value in list(values.items()):
            if (name := anew(address, value)) != value:
                values[address] = name
    for entry in (*document.get("keys", {}).values(), *document.get("midi", ())):
        if "value" in entry and (name := anew(entry["address"], entry["value"])) != entry["value"]:
            entry["value"] = name


def _pictures_as_written(values: Mapping[str, Value], table: ParamTable, folder: Path) -> dict[str, Value]:
    """Returns ``values`` with the paths of pictures as a preset in ``folder`` writes them."""

    def written(address: str, value: Value) -> Value:
        is_picture = address in table and table[address].kind == "picture"
        return as_written(str(value), folder) if is_picture else value

    return {address: written(address, value) for address, value in values.items()}


def _settings(document: TOMLDocument) -> Iterator[MutableMapping[str, Any]]:
    yield document.get("set", {})
    yield document.get("slow", {})
    for entry in (*document.get("snapshot", {}).values(), *document.get("cue", ())):
        yield entry.get("set", {})


def _write_layers(document: TOMLDocument, preset: Preset, before: Preset, folder: Path) -> None:
    """Write sources and banks if the command line has chosen others, or if their files aren't found from ``folder``."""
    moved = folder != before.path.parent
    were = {plan.number: plan for plan in before.layers}
    for entry, plan in zip(document["layer"], preset.layers, strict=True):
        own = were.get(plan.number)
        ours, theirs = plan.described(), own.described() if own else {"sources": None, "bank": None}
        for key, told, write in (("source", "sources", spec_as_written), ("model", "bank", model_as_written)):
            if key == "source" and own and own.clips:  # its clips are written
                continue
            names = [write(name, folder) for name in ours[told]]
            if (moved or ours[told] != theirs[told]) and names != _listed(entry.get(key)):
                entry[key] = names if len(names) > 1 else names[0]


def _write_structure(document: TOMLDocument, preset: Preset, before: Preset) -> None:
    """Write which layers there are, in which order and with which numbers, and the effects of every chain."""
    numbers, earlier = [plan.number for plan in preset.layers], [plan.number for plan in before.layers]
    if numbers != earlier:
        entries, tables = dict(zip(earlier, document["layer"], strict=True)), tomlkit.aot()
        for number in numbers:
            tables.append(entries.get(number) or tomlkit.table())
        document["layer"] = tables
    for place, (entry, plan) in enumerate(zip(document["layer"], preset.layers, strict=True), start=1):
        _write_key(entry, "number", plan.number, default=place)
        own = next((was for was in before.layers if was.number == plan.number), None)
        for key, effects, were in (
            ("effects", plan.effects, own.effects if own else ()),
            ("before", plan.before, own.before if own else ()),
        ):
            if effects != were:
                _write_key(entry, key, list(effects), default=[])
    if preset.effects != before.effects:
        _write_key(document.setdefault("master", tomlkit.table()), "effects", list(preset.effects), default=[])
        if not document["master"]:
            document.pop("master")


def _write_key(table: MutableMapping[str, Any], key: str, value: Any, default: Any) -> None:
    """Write ``value`` as ``key``, unless it is the default: then take the key out."""
    if value == default:
        table.pop(key, None)
    elif table.get(key) != value:
        table[key] = value


def _listed(written: Any) -> list[Any]:
    return list(written) if isinstance(written, list) else [written]


def _write_values(
    document: TOMLDocument,
    preset: Preset,
    before: Preset,
    values: Mapping[str, Value],
    table: ParamTable,
    elsewhere: Collection[str],
) -> None:
    """Write into ``[set]`` what differs from how the show would start without it, but not the addresses ``elsewhere``,
    whose values stand in the tables of layers."""
    kept = document.setdefault("set", tomlkit.table())
    for values_there in (kept, document.get("slow", {})):
        for address in [address for address in values_there if address not in table and may_come(address, table)]:
            del values_there[address]  # its effect or layer was removed
    for address in elsewhere:
        kept.pop(address, None)
    usual = start_values(preset.layers, table)
    for number, entry in enumerate(document.get("modulate", ()), start=1):
        usual |= {f"/modulate/{number}/{name}": value for name, value in entry.items()}
    for address, value in values.items():
        is_as_before = address in kept and before.values.get(address) == value
        is_slow_s_own = preset.slow.get(address) == value == preset.values.get(address)
        if Scope.PRESET not in table[address].scope or is_as_before or is_slow_s_own or address in elsewhere:
            continue
        if value != usual[address]:
            kept[address] = value
        elif address in kept:
            del kept[address]


def _write_snapshots(
    document: TOMLDocument,
    snapshots: Mapping[int, StoredSnapshot],
    before: Preset,
    start: Mapping[str, Value],
    table: ParamTable,
    folder: Path,
) -> None:
    """Write the snapshots. Of one that holds the whole state, only what differs from ``start`` is written, which is
    what the show starts with from now on.
    """
    tables = document.get("snapshot", {})
    every = captured(start, table).keys()
    for slot in SLOTS:
        if slot not in snapshots:
            tables.pop(str(slot), None)
            continue
        stored, is_moved = snapshots[slot], before.plan.snapshots.get(slot) != snapshots[slot]
        is_whole = stored.rest is not None or (is_moved and every <= stored.set.keys())
        values = _pictures_as_written(_differing(stored, start) if is_whole else stored.set, table, folder)
        entry = _entry(stored.name, values, is_whole)
        if tables.get(str(slot)) != entry if is_whole else is_moved:
            tables = document.setdefault("snapshot", tomlkit.table(is_super_table=True))
            tables[str(slot)] = entry
    if not tables:
        document.pop("snapshot", None)


def _differing(stored: StoredSnapshot, start: Mapping[str, Value]) -> dict[str, Value]:
    """Returns the values of a snapshot of the whole state that differ from ``start``."""
    values = {**{address: value for address, value in (stored.rest or {}).items() if address in start}, **stored.set}
    return {address: value for address, value in values.items() if address not in start or start[address] != value}


def _entry(name: str, values: dict[str, Value], is_whole: bool) -> Any:
    entry = tomlkit.table()
    if name:
        entry["name"] = name
    if is_whole:
        entry["rest"] = "start"
    entry["set"] = values
    return entry


def _elsewhere(preset: Preset, table: ParamTable) -> Iterable[MidiBinding]:
    """Returns the preset's bindings of parameters that only another of its sources has. The show lacks them, and the
    file keeps them.
    """
    return (binding for binding in preset.midi if not midi.fits(binding, table))


def _write_bindings(
    document: TOMLDocument, bindings: Sequence[MidiBinding], before: Preset, table: ParamTable, folder: Path
) -> None:
    written = before.midi
    ordered = sorted(bindings, key=lambda binding: written.index(binding) if binding in written else len(written))
    if tuple(ordered) == written:
        return
    document.pop("midi", None)
    tables = tomlkit.aot()
    for binding in ordered:
        entry = tomlkit.table()
        entry.update(midi.written(binding))
        if binding.value is not None:
            entry["value"] = _pictures_as_written({binding.address: binding.value}, table, folder)[binding.address]
        tables.append(entry)
    if bindings:
        document["midi"] = tables
