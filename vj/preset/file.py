"""What may stand in a preset's file: its tables and keys, and what is said about those that may not."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import BadInput
from vj.base.validation_messages import Location, explain
from vj.control.keyboard import KeyAction
from vj.play.cue_list import MOST_CUES, Cue
from vj.play.macros import MOST_MACROS, Macro, MacroTarget

MAX_LAYERS = 4
LARGEST = 4 << 20
"""Bytes of a file that is read: one goes through the interpreter in one go."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OutputEntry(_Strict):
    size: str | None = None
    model_size: str | None = None
    fps: float = Field(default=30.0, ge=SLOWEST, le=FASTEST)


class LayerEntry(_Strict):
    source: str | list[str]
    model: str | list[str] = "style26"


class KeyEntry(_Strict):
    address: str
    action: KeyAction = "set"
    value: bool | int | float | str | None = None


class SnapshotEntry(_Strict):
    """``rest``: whether what ``set`` doesn't name stays as it is or goes back to how the show starts."""

    name: str = ""
    set: dict[str, bool | int | float | str] = {}
    rest: Literal["keep", "start"] = "keep"


class Allow(_Strict):
    """What may be done from afar: by OSC and the web."""

    save: bool = False
    load: bool = False
    quit: bool = False


class PresetFile(_Strict):
    title: str = ""
    output: OutputEntry = OutputEntry()
    layer: list[LayerEntry] = Field(min_length=1, max_length=MAX_LAYERS)
    set: dict[str, bool | int | float | str] = {}
    slow: dict[str, bool | int | float | str] = {}
    keys: dict[str, KeyEntry] = {}
    osc: dict[str, str] = {}
    midi: list[dict[str, object]] = []
    modulate: list[dict[str, bool | int | float | str]] = []
    snapshot: dict[str, SnapshotEntry] = {}
    cue: list[Cue] = Field(default=[], max_length=MOST_CUES)
    macro: list[Macro] = Field(default=[], max_length=MOST_MACROS)
    allow: Allow = Allow()


def read(path: Path) -> PresetFile:
    """The file at ``path``. Raises BadInput naming file, key, bad value and choices; addresses aren't looked at."""
    try:
        if not path.is_file() and path.exists():  # a pipe would have us wait for ever
            raise BadInput(f"can't read preset {str(path)!r}: it is no file")
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path}: not a preset: more than {LARGEST} bytes")
        return parse(path, path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(f"can't read preset {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not a TOML file: {error}") from None


def parse(path: Path, text: str) -> PresetFile:
    """What a file at ``path`` says that holds ``text``. Raises BadInput as `read` does."""
    try:
        return PresetFile.model_validate(tomllib.loads(text))
    except RecursionError:
        raise BadInput(f"{path}: not a preset: its tables are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: not a TOML file: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{path}: {explain(error, _fields, _SHAPES)}") from None


def _fields(location: Location) -> list[str]:
    """The keys that a table at ``location`` may have."""
    place = str(location[0]) if location else ""
    if place in _ENTRIES:
        return [entry.name for entry in fields(MacroTarget if "targets" in location else _ENTRIES[place])]
    return list(_TABLES.get(place, PresetFile).model_fields)


_TABLES: Mapping[str, type[BaseModel]] = {
    "output": OutputEntry,
    "layer": LayerEntry,
    "keys": KeyEntry,
    "snapshot": SnapshotEntry,
    "allow": Allow,
}
_ENTRIES = {"cue": Cue, "macro": Macro}
_SHAPES: Mapping[str, str] = {
    **{name: f"a list of tables: write [[{name}]]" for name in ("layer", "midi", "modulate", "cue", "macro")},
    **{name: f"a table: write [{name}]" for name in ("output", "set", "slow", "keys", "osc", "allow")},
    "snapshot": "a table for each: write [snapshot.1]",
    "cue.fire": 'a list: ["/master/panic"]',
    "macro.targets": 'a list of tables: [{ address = "/master/opacity" }]',
}
"""How it is written: see `explain`."""
