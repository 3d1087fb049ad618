"""A preset: one TOML file that is a whole show."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from vj.clock import FASTEST, SLOWEST
from vj.control.keyboard import Binding, KeyAction
from vj.control.keyboard import check as check_binding
from vj.errors import BadInput, VjError, unknown
from vj.frame.frame import Size
from vj.model import library
from vj.model.library import Entry
from vj.param import Param, ParamTable, Value
from vj.paths import PRESETS
from vj.source import SOURCES, split_spec
from vj.table import show_table

DEFAULT = "default"
MAX_LAYERS = 4


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
    values: Mapping[str, Value] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    osc: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> ParamTable:
        """Every address that this show can have, whichever of its sources plays."""
        return show_table([([split_spec(spec)[0] for spec in layer.sources], layer.models) for layer in self.layers])

    def with_first_layer(self, source: str | None, models: Sequence[str]) -> "Preset":
        """The same show with another source or bank of models; settings that no longer apply are left out."""
        first = self.layers[0]
        bank, others = _models(models) if models else (first.bank, first.others)
        first = LayerPlan((source,) if source else first.sources, bank, others)
        changed = replace(self, layers=(first, *self.layers[1:]))
        table = changed.table()
        return replace(
            changed,
            values={address: value for address, value in self.values.items() if address in table},
            bindings=tuple(binding for binding in self.bindings if binding.address in table),
            osc={foreign: address for foreign, address in self.osc.items() if address in table},
        )


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Output(_Strict):
    size: str | None = None
    model_size: str | None = None
    fps: float = Field(default=30.0, ge=SLOWEST, le=FASTEST)


class _Layer(_Strict):
    source: str | list[str]
    model: str | list[str] = "style26"


class _Key(_Strict):
    address: str
    action: KeyAction = "set"
    value: bool | int | float | str | None = None


class _File(_Strict):
    title: str = ""
    output: _Output = _Output()
    layer: list[_Layer] = Field(min_length=1, max_length=MAX_LAYERS)
    set: dict[str, bool | int | float | str] = {}
    keys: dict[str, _Key] = {}
    osc: dict[str, str] = {}


def available() -> dict[str, Path]:
    """The presets that come with the project, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def load(name: str) -> Preset:
    """The preset called ``name``, or in the file ``name``. Raises BadInput with file, key, value and choices."""
    path = Path(name) if name.endswith(".toml") else available().get(name)
    if path is None:
        raise unknown("preset", name, available())
    try:
        text = path.read_text(encoding="utf-8")
        raw = _File.model_validate(tomllib.loads(text))
    except OSError as error:
        raise BadInput(f"can't read preset {str(path)!r}: {error.strerror}") from None
    except RecursionError:
        raise BadInput(f"{path}: not a preset: its tables are nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not a TOML file: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{path}: {_explain(error.errors()[0])}") from None
    return _checked(path, raw)


def _checked(path: Path, raw: _File) -> Preset:
    layers: list[LayerPlan] = []
    sizes: dict[str, Size] = {}
    for number, entry in enumerate(raw.layer, start=1):
        with _at(path, f"layer.{number}"):
            layers.append(_layer(entry, path.parent))
    for key, written in (("size", raw.output.size), ("model_size", raw.output.model_size)):
        with _at(path, f"output.{key}"):
            sizes |= {key: parse_size(written)} if written else {}
    size, model_size = sizes.get("size"), sizes.get("model_size")
    preset = Preset(path.stem, raw.title or path.stem, size, model_size, raw.output.fps, tuple(layers))
    return _with_controls(preset, path, raw, preset.table())


def _with_controls(preset: Preset, path: Path, raw: _File, table: ParamTable) -> Preset:
    values: dict[str, Value] = {}
    bindings: list[Binding] = []
    for address, value in raw.set.items():
        with _at(path, f"set.{address!r}"):
            values[address] = _found(table[address], value, path.parent)
    for key, entry in raw.keys.items():
        with _at(path, f"keys.{key}"):
            given = None if entry.value is None else _beside(table[entry.address], entry.value, path.parent)
            bindings.append(Binding(key, entry.address, entry.action, given))
            check_binding(bindings[-1], table)
    for foreign, address in raw.osc.items():
        with _at(path, f"osc.{foreign!r}"):
            _ = table[address]
    return replace(preset, values=values, bindings=tuple(bindings), osc=raw.osc)


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


def _layer(raw: _Layer, folder: Path) -> LayerPlan:
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


def _explain(error: ErrorDetails) -> str:
    """One of pydantic's findings in a line: key, bad value, choices."""
    where = ".".join(str(part) for part in error["loc"] if part not in ("str", "list[str]"))
    if error["type"] == "extra_forbidden":
        return f"unknown key {where!r}; choices: {', '.join(_fields(error['loc'][:-1]))}"
    if error["type"] == "missing":
        return f"{where} is missing"
    return f"{where}: {error['msg']}, not {error['input']!r}"


def _fields(location: tuple[int | str, ...]) -> list[str]:
    """The keys that a table at ``location`` may have."""
    tables: dict[str, type[BaseModel]] = {"output": _Output, "layer": _Layer, "keys": _Key}
    return list((tables[str(location[0])] if location else _File).model_fields)
