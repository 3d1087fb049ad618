"""A preset: one TOML file that is a whole show."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vj.base.errors import BadInput, unknown
from vj.base.frame import Size
from vj.base.paths import PRESETS
from vj.base.paths import library as own
from vj.control.keyboard import KeyBinding as Key
from vj.control.keyboard import fits as key_fits
from vj.control.midi.mapping import MidiBinding
from vj.model.files import library
from vj.params.param import ParamTable, Value
from vj.play.play import Plan
from vj.play.scene_values import captured, fit
from vj.preset import file as preset_file
from vj.preset import parts
from vj.preset.chains import LAYER_CHAINS, MASTER_CHAIN, chain_params, instances, there
from vj.preset.file import LayerEntry, PresetFile, TrainEntry
from vj.preset.layer_plan import ClipPlan, LayerPlan, TrainPlan, bank_of
from vj.preset.model_settings import start_values
from vj.preset.paths import find, find_picture, resolve_model, resolve_target
from vj.preset.show_table import CLIP_CONTENT, PLACES, show_table
from vj.preset.train_params import checked_name
from vj.source import SOURCES
from vj.source.clip_settings import CLIP_PARAMS


@dataclass(frozen=True)
class Preset:
    """A show as its preset describes it, checked and ready to be started. Immutable.

    ``name`` is that of its file without the ending, ``title`` is for people. ``size`` is the canvas's, ``model_size``
    the one within which models work, and ``fps`` is frames per second; they are None where the preset doesn't choose.
    ``layers`` are from the bottom up; each has a number of its own. ``modulators`` is how many the preset sets.
    ``values`` are what it sets, by address; all else starts as `vj.preset.model_settings.start_values` says.
    """

    name: str
    title: str
    size: Size | None
    model_size: Size | None
    fps: float | None
    layers: tuple[LayerPlan, ...]
    path: Path = Path()
    """The preset's file."""
    model_size_on_processor: Size | None = None
    """What stands for a ``model_size`` of None where no graphics card computes, if the preset chooses it."""
    plan: Plan = field(default_factory=Plan)
    modulators: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    slow: Mapping[str, Value] = field(default_factory=dict)
    """Values by address that replace those of ``values`` where the processor is slow for the models of the start."""
    keys: tuple[Key, ...] = ()
    osc: Mapping[str, str] = field(default_factory=dict)
    """For each foreign address, the address of the show that it stands for."""
    midi: tuple[MidiBinding, ...] = ()
    allow: frozenset[str] = frozenset()
    """What may be done by OSC and the web: ``save``, ``load``, ``quit``."""
    filed: tuple[int, ...] = ()
    """The numbers of the layers in its file, in order, when that was read."""
    installation: bool = False
    """Whether the show plays unattended: then it starts with its flashes limited."""
    effects: tuple[str, ...] = ()
    """The effects that change the whole picture, in order, by their names in the chain."""

    def __post_init__(self) -> None:
        numbered = tuple(
            plan if plan.number else replace(plan, number=place) for place, plan in enumerate(self.layers, start=1)
        )
        object.__setattr__(self, "layers", numbered)

    def table(self, specs: Sequence[Sequence[str]] = ()) -> ParamTable:
        """Returns a new table of every parameter that this show can have, whichever of its sources and models plays.

        ``specs``, if given, are the sources of each layer that count instead of those in the preset.
        """
        specs = specs or [layer.specs for layer in self.layers]
        layers = [(found, layer.models) for found, layer in zip(specs, self.layers, strict=True)]
        table = show_table(layers, self.plan, self.modulators, [layer.number for layer in self.layers])
        for prefix, effects in self.chains.items():
            for declared in chain_params(prefix, effects):
                table.declare(*declared)
        return table

    @property
    def chains(self) -> dict[str, tuple[str, ...]]:
        """The effects of every chain, by its address, in a new dict: those of the layers, then the master's."""
        own = {f"/layer/{plan.number}/{name}": plan.chain(name) for plan in self.layers for name in LAYER_CHAINS}
        return {**own, MASTER_CHAIN: self.effects}

    def described(self) -> dict[str, Any]:
        """Returns what the function `described` needs to make the same show again, JSON-able.

        ``{"preset": path of the file, "layers": [what `LayerPlan.described` returns, ...], "effects": [...]}``; values
        aren't in it.
        """
        layers = [layer.described() for layer in self.layers]
        return {"preset": str(self.path), "layers": layers, "effects": list(self.effects)}

    def with_first_layer(self, source: str | None, models: Sequence[str]) -> "Preset":
        """Returns a copy of the show with only ``source`` (a SPEC, unless None) and with the bank ``models`` (names or
        paths, unless empty) in its first layer. Settings are left out as by `with_layers`.

        Raises BadInput or Unavailable for models that can't be found.
        """
        first = self.layers[0]
        bank, others = bank_of(models) if models else (first.bank, first.others)
        first = replace(first.with_source(source) if source else first, bank=bank, others=others)
        if models:  # they are to play, and not what would be trained
            first = replace(first, train=None)
        show = self.with_layers((first, *self.layers[1:]))
        if source:  # it is what plays
            return replace(show, values={a: value for a, value in show.values.items() if a != "/layer/1/clip"})
        return show

    def with_layers(self, layers: tuple[LayerPlan, ...], effects: tuple[str, ...] | None = None) -> "Preset":
        """Returns a copy of the show with ``layers`` in place of its own, and ``effects``, if given, in place of its.

        Values, keys, MIDI bindings and OSC aliases that it then lacks, such as a model's name, are left out. Snapshots,
        cues and macros stay whole, but a snapshot whose ``rest`` is how the show starts gets that of the new show.
        """
        changed = replace(self, layers=layers, effects=self.effects if effects is None else effects)
        table = changed.table()
        fitting = replace(
            changed,
            values=fit(self.values, table)[0],
            slow=fit(self.slow, table)[0],
            keys=tuple(key for key in self.keys if key_fits(key, table)),
            midi=tuple(binding for binding in self.midi if parts.may_work(binding, table)),
            osc={
                foreign: address for foreign, address in self.osc.items() if address in table and foreign not in table
            },
        )
        return fitting._with_start(table)

    def slowed(self) -> "Preset":
        """Returns a copy of the show for a processor that is slow for its models: ``slow`` replaces its ``values``,
        also in the ``rest`` of snapshots that go back to how the show starts."""
        return replace(self, values={**self.values, **self.slow})._with_start(self.table())

    def _with_start(self, table: ParamTable) -> "Preset":
        """Returns the same show, with the ``rest`` of its snapshots filled from how it starts."""
        start = captured({**start_values(self.layers, table), **self.values}, table)
        snapshots = {
            slot: stored if stored.rest is None else replace(stored, rest=start)
            for slot, stored in self.plan.snapshots.items()
        }
        return replace(self, plan=replace(self.plan, snapshots=snapshots))


def available() -> dict[str, Path]:
    """Returns the paths of presets' files by name (without ``.toml``): those that come with the project, and those in
    the folder ``presets`` of the performer's library, which take precedence. None is read.
    """
    own_ones = own("presets").glob("*.toml")
    return {path.stem: path for path in (*sorted(PRESETS.glob("*.toml")), *sorted(own_ones))}


def load(name: str) -> Preset:
    """Returns the preset called ``name`` or, if that ends in ``.toml``, the one in the file ``name``.

    Raises BadInput for an unknown name, with the choices, and for a file that can't be read or played, with file, key
    and value; Unavailable for a model's file that can't be examined now.
    """
    path = Path(name) if name.endswith(".toml") else available().get(name)
    if path is None:
        raise unknown("preset", name, available())
    path = Path(os.path.realpath(path))  # absolute, for the logs and saved states that name it
    return checked(path, preset_file.read(path))


def described(found: Mapping[str, Any]) -> Preset:
    """Returns the show that `Preset.described` described: the preset is read again, and gets the layers in ``found``.

    Effects whose shaders are gone are left out. Raises BadInput if ``found`` is no such description (keys ``preset``,
    and ``layers`` with ``sources``, ``bank`` and maybe ``clips``), or if the preset or a model is gone.
    """
    try:
        layers = tuple(_described_layer(layer) for layer in found["layers"])
        path, effects = str(found["preset"]), there(found.get("effects", ()))
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"no description of a show: {error!r}") from None
    return load(path).with_layers(layers, effects)


def _described_layer(layer: Mapping[str, Any]) -> LayerPlan:
    plan = LayerPlan(tuple(layer["sources"]), *bank_of(layer["bank"]), tuple(map(clip, layer.get("clips", ()))))
    effects, before = there(layer.get("effects", ())), there(layer.get("before", ()))
    added, number = tuple(map(str, layer.get("added", ()))), int(layer.get("number", 0))
    return replace(plan, effects=effects, before=before, added=added, number=number)


def checked(path: Path, raw: PresetFile) -> Preset:
    """Returns the show that ``raw``, the content of the file at ``path``, describes. The file itself isn't read.

    Sources, models and pictures that are found have absolute paths; a source that isn't found is left to the start of
    the show. Raises BadInput with file, key, value and choices.
    """
    layers: list[LayerPlan] = []
    sizes: dict[str, Size] = {}
    for place, entry in enumerate(raw.layer, start=1):
        layers.append(_layer(entry, path, place, [plan.number for plan in layers]))
    with parts.at(path, "master.effects"):
        effects = instances(raw.master.effects)
    for key in ("size", "model_size", "model_size_on_processor"):
        with parts.at(path, f"output.{key}"):
            written = getattr(raw.output, key)
            sizes |= {key: parse_size(written)} if written else {}
    preset = Preset(
        path.stem,
        raw.title or path.stem,
        sizes.get("size"),
        sizes.get("model_size"),
        raw.output.fps,
        tuple(layers),
        path,
        sizes.get("model_size_on_processor"),
        plan=parts.read_plan(path, raw),
        modulators=len(raw.modulate),
        allow=frozenset(name for name, allowed in raw.allow if allowed),
        effects=effects,
        filed=tuple(plan.number for plan in layers),
        installation=raw.installation,
    )
    table = preset.table()
    found = replace(
        preset,
        plan=parts.checked_plan(path, preset.plan, table),
        values=parts.settings(path, raw, table),
        slow=parts.slow_settings(path, raw, table),
        keys=parts.keys(path, raw, table),
        midi=parts.bindings(path, raw, table),
        osc=parts.aliases(path, raw, table),
    )
    return found._with_start(table)


def parse_size(text: str) -> Size:
    """Returns the size that is written ``WIDTHxHEIGHT``, such as ``640x360``.

    Raises BadInput for another form, and unless both sides are 16..8192 pixels.
    """
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise BadInput(f"size {text!r} is not WIDTHxHEIGHT with sides of 16..8192 pixels, such as 1280x720")
    return Size(int(width), int(height))


def assignments(texts: Iterable[str], table: ParamTable) -> dict[str, Value]:
    """Returns the values that ``texts`` (each ``ADDRESS=VALUE``, as on a command line) give, by full address, checked.

    The end of an address (``rate``) will do where only one ends so. Pictures that are found have absolute paths. Raises
    BadInput naming the address or the value, and the choices, also for triggers.
    """
    values: dict[str, Value] = {}
    for text in texts:
        address, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"{text!r} is not ADDRESS=VALUE, such as /master/opacity=0.5")
        address = table.full_address(address)
        param = table[address]
        if param.kind == "trigger":
            raise BadInput(f"{address} is a trigger and holds no value")
        try:
            values[address] = find_picture(param, param.parse(value), Path())
        except BadInput as error:
            raise BadInput(f"{address}: {error}") from None
    return values


def _layer(raw: LayerEntry, path: Path, place: int, taken: Sequence[int]) -> LayerPlan:
    """Returns the layer at ``place`` (from 1) in the preset at ``path``. ``taken`` are the numbers of those before."""
    folder, key = path.parent, f"layer.{place}"
    with parts.at(path, f"{key}.number"):
        number = raw.number or place
        if number in taken:
            raise BadInput(f"another layer has the number {number} already")
    chains: dict[str, tuple[str, ...]] = {}
    for name, written in (("effects", raw.effects), ("before", raw.before)):
        with parts.at(path, f"{key}.{name}"):
            chains[name] = instances(written)
    clips: list[ClipPlan] = []
    most = len(PLACES) - (raw.source is not None)
    if len(raw.clip) > most:
        raise BadInput(f"{path}: {key}.clip: there are {most} places for clips, not {len(raw.clip)}")
    for spot, entry in enumerate(raw.clip, start=1):
        with parts.at(path, f"{key}.clip.{spot}"):
            clips.append(clip(entry, folder))
    first = next((planned.source for planned in clips if planned.source), None)
    if raw.source is None and first is None:
        raise BadInput(f"{path}: {key}.source is missing: what the layer shows; choices: {', '.join(SOURCES)}")
    with parts.at(path, f"{key}.source"):
        specs = [raw.source or first or ""] if isinstance(raw.source, str | None) else raw.source
        if not specs:
            raise BadInput(f"the list is empty; choices: {', '.join(SOURCES)}")
        sources = tuple(resolve_target(spec, folder) for spec in specs)
    if clips and raw.source is not None:  # the source stands in the first place
        clips = [ClipPlan(sources[0]), *clips]
    with parts.at(path, f"{key}.model"):
        names = [raw.model] if isinstance(raw.model, str) else raw.model
        if not names:
            raise BadInput(f"the list is empty; choices: {', '.join(library.known())}")
        bank, others = bank_of(resolve_model(name, folder) for name in names)
    told_in = f"{path}: {key}.{'clip' if raw.source is None else 'source'}"
    train = _train(raw.train, path, f"{key}.train") if raw.train else None
    return LayerPlan(sources, bank, others, tuple(clips), told_in, **chains, number=number, train=train)


def _train(raw: TrainEntry, path: Path, key: str) -> TrainPlan:
    """Returns the look that the layer of the preset at ``path`` has trained; ``key`` is where that is written."""
    with parts.at(path, f"{key}.name"):
        name = checked_name(raw.name or path.stem)
    with parts.at(path, f"{key}.keyframes"):
        return TrainPlan(name, tuple((_file(pair[0], path), _file(pair[1], path)) for pair in raw.keyframes), raw.go)


def _file(name: str, path: Path) -> str:
    """Returns the absolute path of the file that the preset at ``path`` calls ``name``. Raises BadInput."""
    found = find(name, path.parent, Path.is_file)
    if found is None:
        raise BadInput(f"there is no file {name!r} beside the preset, in the library ({own()}) or among the bundled")
    return str(found)


def clip(written: object, folder: Path = Path()) -> ClipPlan:
    """Returns the clip that a preset in ``folder`` writes as a SPEC or as a table; an empty SPEC is an empty place.

    Raises BadInput, naming key, value and choices, for anything else, an unknown key or kind of source, and a value out
    of range.
    """
    if not isinstance(written, str | Mapping):
        raise BadInput(f"a clip is a SPEC such as movie:clip.mp4, or a table with source, not {written!r}")
    table = {"source": written} if isinstance(written, str) else written
    known = {param.name: param for param in (*CLIP_CONTENT, *CLIP_PARAMS)}
    settings: dict[str, Value] = {}
    for name, value in table.items():
        if name not in known:
            raise unknown("key", name, known)
        settings[name] = known[name].check(value, strict=True)
    if "source" not in settings:
        raise BadInput(f"source is missing: what the clip shows; choices: {', '.join(SOURCES)}")
    source = str(settings.pop("source"))
    return ClipPlan(resolve_target(source, folder) if source else "", settings)
