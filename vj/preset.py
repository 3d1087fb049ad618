"""A preset: one TOML file that is a whole show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vj import preset_file
from vj.control.keyboard import Binding as Key
from vj.control.keyboard import check as check_key
from vj.control.midi import binding as midi
from vj.control.midi.binding import Binding
from vj.errors import BadInput, VjError, unknown
from vj.frame.frame import Size
from vj.model import library
from vj.model.library import Entry
from vj.modulate.modulation import check_route
from vj.modulate.params import MODULATOR
from vj.modulate.params import MOST as MOST_MODULATORS
from vj.param import Param, ParamTable, Value
from vj.paths import PRESETS
from vj.paths import library as own
from vj.play import cues, macros, snapshots
from vj.play.play import Plan
from vj.preset_file import LayerEntry, PresetFile
from vj.source import SOURCES, split_spec
from vj.table import show_table

DEFAULT = "default"


@dataclass(frozen=True)
class LayerPlan:
    """``sources`` are SPECs in order of preference: the first one that is there plays.

    ``bank`` are the models that are loaded and warm, the first one playing; ``others`` can be loaded besides.
    """

    sources: tuple[str, ...]
    bank: tuple[Entry, ...]
    others: tuple[Entry, ...]

    @property
    def models(self) -> tuple[Entry, ...]:
        """Every model that can be chosen."""
        return self.bank + self.others


@dataclass(frozen=True)
class Preset:
    """A checked show, ready to be wired."""

    name: str
    title: str
    size: Size | None
    model_size: Size | None
    fps: float
    layers: tuple[LayerPlan, ...]
    path: Path = Path()
    """Its file."""
    plan: Plan = field(default_factory=Plan)
    modulators: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    osc: Mapping[str, str] = field(default_factory=dict)
    midi: tuple[Binding, ...] = ()
    allow: frozenset[str] = frozenset()
    """What may be done from afar: save, load, quit."""

    def table(self) -> ParamTable:
        """Every address that this show can have, whichever of its sources plays."""
        kinds = [([split_spec(spec)[0] for spec in layer.sources], layer.models) for layer in self.layers]
        return show_table(kinds, self.plan, self.modulators)

    def described(self) -> dict[str, Any]:
        """JSON-able: what `described` needs to have the same show again."""
        return {"preset": str(self.path), "layers": [_described(layer) for layer in self.layers]}

    def with_first_layer(self, source: str | None, models: Sequence[str]) -> "Preset":
        """The same show with another source or bank of models."""
        first = self.layers[0]
        bank, others = _models(models) if models else (first.bank, first.others)
        first = LayerPlan((source,) if source else first.sources, bank, others)
        return self.with_layers((first, *self.layers[1:]))

    def with_layers(self, layers: tuple[LayerPlan, ...]) -> "Preset":
        """The same show with other layers; settings that no longer apply are left out."""
        changed = replace(self, layers=layers)
        table = changed.table()
        return replace(
            changed,
            values={address: value for address, value in self.values.items() if address in table},
            keys=tuple(key for key in self.keys if key.address in table),
            midi=tuple(binding for binding in self.midi if binding.address in table),
            osc={foreign: address for foreign, address in self.osc.items() if address in table},
        )


def available() -> dict[str, Path]:
    """The presets by name: those that come with the project, and the performer's own, which count for more."""
    own_ones = own("presets").glob("*.toml")
    return {path.stem: path for path in (*sorted(PRESETS.glob("*.toml")), *sorted(own_ones))}


def load(name: str) -> Preset:
    """The preset called ``name``, or in the file ``name``. Raises BadInput with file, key, value and choices."""
    path = Path(name) if name.endswith(".toml") else available().get(name)
    if path is None:
        raise unknown("preset", name, available())
    return _checked(path, preset_file.read(path))


def described(found: Mapping[str, Any]) -> Preset:
    """The show that `Preset.described` told. Raises BadInput for what is no such thing, or is no longer here."""
    try:
        layers = tuple(LayerPlan(tuple(layer["sources"]), *_models(layer["bank"])) for layer in found["layers"])
        path = str(found["preset"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"no description of a show: {error!r}") from None
    return load(path).with_layers(layers)


def _described(layer: LayerPlan) -> dict[str, list[str]]:
    known = library.known()
    files = [entry.name if entry.name in known else str(next(iter(entry.files.values()))) for entry in layer.bank]
    return {"sources": [in_full(spec) for spec in layer.sources], "bank": files}


def _checked(path: Path, raw: PresetFile) -> Preset:
    layers: list[LayerPlan] = []
    sizes: dict[str, Size] = {}
    for number, entry in enumerate(raw.layer, start=1):
        with _at(path, f"layer.{number}"):
            layers.append(_layer(entry, path.parent))
    for key, written in (("size", raw.output.size), ("model_size", raw.output.model_size)):
        with _at(path, f"output.{key}"):
            sizes |= {key: parse_size(written)} if written else {}
    preset = Preset(
        path.stem,
        raw.title or path.stem,
        sizes.get("size"),
        sizes.get("model_size"),
        raw.output.fps,
        tuple(layers),
        path,
        plan=_plan(path, raw),
        modulators=len(raw.modulate),
        osc=raw.osc,
        allow=frozenset(name for name, allowed in raw.allow if allowed),
    )
    table = preset.table()
    _check_plan(path, preset.plan, table)
    return _with_controls(preset, path, raw, table)


def _plan(path: Path, raw: PresetFile) -> Plan:
    stored = {}
    for slot, entry in raw.snapshot.items():
        with _at(path, f"snapshot.{slot}"):
            stored[snapshots.check_slot(int(slot) if slot.isdecimal() else slot)] = entry
    return Plan(stored, tuple(raw.cue), tuple(raw.macro))


def _check_plan(path: Path, plan: Plan, table: ParamTable) -> None:
    with _at(path, "snapshot"):
        for slot, stored in plan.snapshots.items():
            snapshots.check(slot, stored, table)
    with _at(path, "cue"):
        for number, cue in enumerate(plan.cues, start=1):
            cues.check(number, cue, table)
    with _at(path, "macro"):
        for number, macro in enumerate(plan.macros, start=1):
            macros.check(number, macro, table)


def _with_controls(preset: Preset, path: Path, raw: PresetFile, table: ParamTable) -> Preset:
    values = dict(_modulators(path, raw, table))
    keys: list[Key] = []
    bindings: list[Binding] = []
    for address, value in raw.set.items():
        with _at(path, f"set.{address!r}"):
            values[address] = _found(table[address], value, path.parent)
    for key, entry in raw.keys.items():
        with _at(path, f"keys.{key}"):
            given = None if entry.value is None else _beside(table[entry.address], entry.value, path.parent)
            keys.append(Key(key, entry.address, entry.action, given))
            check_key(keys[-1], table)
    for number, written in enumerate(raw.midi, start=1):
        with _at(path, f"midi.{number}"):
            bindings.append(midi.read(written))
            midi.check(bindings[-1], table)
    for foreign, address in raw.osc.items():
        with _at(path, f"osc.{foreign!r}"):
            _ = table[address]
    return replace(preset, values=values, keys=tuple(keys), midi=tuple(bindings))


def _modulators(path: Path, raw: PresetFile, table: ParamTable) -> Iterator[tuple[str, Value]]:
    names = [param.name for param in MODULATOR if param.kind != "trigger"]
    for number, entry in enumerate(raw.modulate, start=1):
        with _at(path, f"modulate.{number}"):
            if number > MOST_MODULATORS:
                raise BadInput(f"there are at most {MOST_MODULATORS} modulators")
            for name, value in entry.items():
                if name not in names:
                    raise unknown("key", name, names)
                yield f"/modulate/{number}/{name}", table[f"/modulate/{number}/{name}"].check(value, strict=True)
            check_route(str(entry.get("to", "")), table)


def parse_size(text: str) -> Size:
    """``640x360``. Raises BadInput beyond 16..8192 a side."""
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise BadInput(f"size {text!r} is not WIDTHxHEIGHT with sides of 16..8192 pixels, such as 1280x720")
    return Size(int(width), int(height))


def assignments(texts: Iterable[str], table: ParamTable) -> dict[str, Value]:
    """``ADDRESS=VALUE`` texts as values. Raises BadInput naming the address or the value, and the choices."""
    values: dict[str, Value] = {}
    for text in texts:
        address, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"{text!r} is not ADDRESS=VALUE, such as /master/opacity=0.5")
        param = table[address]
        if param.kind == "trigger":
            raise BadInput(f"{address} is a trigger and holds no value")
        try:
            values[address] = _beside(param, param.parse(value), Path())
        except BadInput as error:
            raise BadInput(f"{address}: {error}") from None
    return values


def resolve_target(spec: str, folder: Path) -> str:
    """A SPEC whose file is named relative to ``folder`` (a preset's own), made independent of where we run."""
    kind, target = split_spec(spec)
    if kind in ("movie", "still", "folder"):
        with suppress(OSError):  # a name too long to be one
            if (folder / target).exists():
                return f"{kind}:{folder / target}"
    return spec


def in_full(spec: str) -> str:
    """``spec``, its file named in full."""
    kind, target = split_spec(spec)
    with suppress(OSError):  # a name too long to be one
        if target and Path(target).exists():
            return f"{kind}:{Path(target).resolve()}"
    return spec


def _layer(raw: LayerEntry, folder: Path) -> LayerPlan:
    specs = [raw.source] if isinstance(raw.source, str) else raw.source
    if not specs:
        raise BadInput(f"source is an empty list; choices: {', '.join(SOURCES)}")
    names = [raw.model] if isinstance(raw.model, str) else raw.model
    if not names:
        raise BadInput(f"model is an empty list; choices: {', '.join(library.known())}")
    beside = [str(folder / name) if Path(name).suffix and (folder / name).is_file() else name for name in names]
    return LayerPlan(tuple(resolve_target(spec, folder) for spec in specs), *_models(beside))


def _models(names: Iterable[str]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The bank of those names or files, and what else can be played."""
    bank: dict[str, Entry] = {}
    for entry in map(library.find, names):
        same = bank.setdefault(entry.name, entry)
        if same.files != entry.files:  # two files of one name are told apart by their paths
            path = str(next(iter(entry.files.values())))
            bank[path] = replace(entry, name=path)
    return tuple(bank.values()), tuple(entry for name, entry in library.known().items() if name not in bank)


def _found(param: Param, value: Value, folder: Path) -> Value:
    return _beside(param, param.check(value, strict=True), folder)


def _beside(param: Param, value: Value, folder: Path) -> Value:
    """A picture that names a file in ``folder`` becomes that file's path."""
    if param.kind == "picture" and isinstance(value, str) and value:
        with suppress(OSError):  # a name too long to be one
            if (folder / value).is_file():
                return param.check(str((folder / value).resolve()), strict=True)
    return value


@contextmanager
def _at(path: Path, key: str) -> Iterator[None]:
    """Puts file and key in front of what goes wrong inside."""
    try:
        yield
    except VjError as error:
        raise BadInput(f"{path}: {key}: {error}") from None
