"""The schema of a preset's file: its tables and keys, and the errors for a file that doesn't keep to it."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import BadInput
from vj.base.validation_messages import Location, explain
from vj.control.keyboard import KeyAction
from vj.params.changing import MOST_LAYERS
from vj.play.cue_list import MOST_CUES, Cue
from vj.play.macros import MOST_MACROS, Macro, MacroTarget

LARGEST = 4 << 20
"""The largest file that is read, in bytes: parsing one holds the interpreter until it is done."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OutputEntry(_Strict):
    """The table ``[output]``: the canvas's ``size``, the ``model_size`` within which models work, and ``fps``.

    ``model_size_on_processor`` counts in place of a missing ``model_size`` where no graphics card computes. Sizes are
    written ``WIDTHxHEIGHT`` and not checked here; ``fps`` is frames per second, 1..240. None leaves the choice to the
    show.
    """

    size: str | None = None
    model_size: str | None = None
    model_size_on_processor: str | None = None
    fps: float | None = Field(default=None, ge=SLOWEST, le=FASTEST)


class TrainEntry(_Strict):
    """The table ``[layer.train]``: the look that is trained from the start, called ``name`` (without one, as the
    preset), from ``keyframes``: pairs of a picture's file and that of how it is to look. With ``go = false`` it is only
    prepared. The files are not checked here.
    """

    name: str = ""
    keyframes: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []
    go: bool = True


class LayerEntry(_Strict):
    """One ``[[layer]]``: a source or several in order of preference, a bank of clips, and a model or several, of which
    the first plays.

    A source is a SPEC (``KIND:TARGET``, such as ``movie:clip.mp4``), a model is a name or the path of a file. A clip is
    a SPEC, empty for an empty place, or a table with ``source`` and the clip's settings. None of them is checked here.
    ``effects`` are shaders by name, after the model; ``before``, those that shape what it sees. ``number`` is what
    stands in the layer's addresses; without one it is the layer's place, from 1. ``train`` is a look to be trained.
    """

    source: str | list[str] | None = None
    clip: list[Any] = []
    model: str | list[str] = "style26"
    effects: list[str] = []
    before: list[str] = []
    number: int | None = Field(default=None, ge=1, le=MOST_LAYERS)
    train: TrainEntry | None = None


class MasterEntry(_Strict):
    """The table ``[master]``: ``effects`` are shaders by name, which change the whole picture."""

    effects: list[str] = []


class KeyEntry(_Strict):
    """One entry of ``[keys]``: what a key does to the parameter at ``address``.

    ``action`` is ``toggle``, ``step``, ``set``, ``fire`` or ``hold``. ``value`` is what ``set`` sets, how far ``step``
    goes, or the argument that ``fire`` gives.
    """

    address: str
    action: KeyAction = "set"
    value: bool | int | float | str | None = None


class SnapshotEntry(_Strict):
    """One ``[snapshot.N]``. ``set`` are values by address.

    ``rest`` says whether parameters that ``set`` doesn't name keep their values or go back to how the show starts.
    """

    name: str = ""
    set: dict[str, bool | int | float | str] = {}
    rest: Literal["keep", "start"] = "keep"


class Allow(_Strict):
    """The table ``[allow]``: whether OSC and the web may save the show, load a preset and quit. By default not."""

    save: bool = False
    load: bool = False
    quit: bool = False


class PresetFile(_Strict):
    """A whole file, of which each field is a table or a key. At least one layer is required.

    ``set`` and ``slow`` (for slow processors) hold values by address, ``keys`` entries by key, ``osc`` the show's own
    address by the foreign one, ``snapshot`` entries by slot number as a text. ``midi`` and ``modulate`` are lists of
    tables; the settings of a modulator are by name. ``installation`` says that the show plays unattended, before people
    who just pass by: it starts with its flashes limited.
    Addresses, values, sources and models are not checked here, as only the show knows which there are.
    """

    title: str = ""
    output: OutputEntry = OutputEntry()
    layer: list[LayerEntry] = Field(min_length=1, max_length=MOST_LAYERS)
    master: MasterEntry = MasterEntry()
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
    installation: bool = False


def read(path: Path) -> PresetFile:
    """Returns the preset in the TOML file at ``path``. Addresses and their values aren't checked.

    Raises BadInput, naming the file, if it can't be read, is larger than `LARGEST` or no TOML, or, naming key, bad
    value and choices, if a table or key doesn't keep to the schema.
    """
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
    """Returns the preset that ``text`` (TOML) describes. ``path`` is only for errors: no file is read.

    Raises BadInput naming ``path``, key, bad value and choices. Addresses and their values aren't checked.
    """
    try:
        return PresetFile.model_validate(tomllib.loads(text))
    except RecursionError:
        raise BadInput(f"{path}: not a preset: its tables are nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: not a TOML file: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{path}: {explain(error, _fields, _SHAPES)}") from None


def _fields(location: Location) -> list[str]:
    """Returns the keys that a table at ``location`` may have."""
    place = str(location[0]) if location else ""
    if place == "layer" and "train" in location:
        return list(TrainEntry.model_fields)
    if place in _ENTRIES:
        return [entry.name for entry in fields(MacroTarget if "targets" in location else _ENTRIES[place])]
    return list(_TABLES.get(place, PresetFile).model_fields)


_TABLES: Mapping[str, type[BaseModel]] = {
    "output": OutputEntry,
    "layer": LayerEntry,
    "master": MasterEntry,
    "keys": KeyEntry,
    "snapshot": SnapshotEntry,
    "allow": Allow,
}
_ENTRIES = {"cue": Cue, "macro": Macro}
_SHAPES: Mapping[str, str] = {
    **{name: f"a list of tables: write [[{name}]]" for name in ("layer", "midi", "modulate", "cue", "macro")},
    **{name: f"a table: write [{name}]" for name in ("output", "master", "set", "slow", "keys", "osc", "allow")},
    "snapshot": "a table for each: write [snapshot.1]",
    "layer.train": "a table: write [layer.train] below its [[layer]]",
    "layer.train.keyframes": 'a list of pairs: [["frame.png", "painted.png"]]',
    "cue.fire": 'a list: ["/master/panic"]',
    "macro.targets": 'a list of tables: [{ address = "/master/opacity" }]',
}
"""How to write the value of a key, for errors; see `explain`."""
