"""What a layer of a preset can play: its sources, its bank of models, and the models that it can load besides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vj.model.files import library
from vj.model.files.library import Entry
from vj.params.param import Value
from vj.preset.paths import in_full


@dataclass(frozen=True)
class ClipPlan:
    """What stands in one place of a layer's bank of clips.

    ``source`` is a SPEC (``KIND:TARGET``), empty for an empty place. ``settings`` are values by the names of what
    stands below a clip's address: ``name``, ``in``, ``speed`` and so on; what isn't set has its default.
    """

    source: str
    settings: Mapping[str, Value] = field(default_factory=dict)

    def described(self) -> dict[str, Value]:
        """Returns the table that a preset's file has for it, with an absolute path where there is a file."""
        return {"source": in_full(self.source) if self.source else "", **self.settings}


@dataclass(frozen=True)
class TrainPlan:
    """A look that a layer's preset has trained. ``name`` is what it is called; ``keyframes`` are pairs of paths, of a
    picture and of how it is to look; ``go`` says whether the training begins by itself."""

    name: str
    keyframes: tuple[tuple[str, str], ...] = ()
    go: bool = True


@dataclass(frozen=True)
class LayerPlan:
    """What one layer can play.

    ``sources`` are SPECs (``KIND:TARGET``), at least one, in order of preference: the first one that is there plays.
    ``bank`` are the models that are loaded and warm, at least one, of which the first one plays at the start;
    ``others`` can be loaded besides.
    """

    sources: tuple[str, ...]
    bank: tuple[Entry, ...]
    others: tuple[Entry, ...]
    clips: tuple[ClipPlan, ...] = ()
    """The bank of clips, by place; empty if there is only the source, which then stands in the first place."""
    told_in: str = field(default="", compare=False)
    """The file and the key that name the sources, for errors; empty if no file does."""
    effects: tuple[str, ...] = ()
    """The effects after its model, in order, by their names in the chain; see `vj.preset.chains`."""
    before: tuple[str, ...] = ()
    """The effects that shape what its model sees."""
    added: tuple[str, ...] = ()
    """SPECs of clips that were added while the show plays; values say in which places."""
    number: int = 0
    """What stands in the layer's addresses, and stays when layers are moved. 0: its place among them, from 1."""
    train: TrainPlan | None = None
    """What is trained from the start. A show that goes on, or is played again, doesn't train it anew: its values say
    which look plays, so that it isn't among what `described` returns."""

    @property
    def models(self) -> tuple[Entry, ...]:
        """Every model that can be chosen: the bank, then the others."""
        return self.bank + self.others

    def chain(self, name: str) -> tuple[str, ...]:
        """Returns the effects of the chain ``name``, one of `vj.preset.chains.LAYER_CHAINS`."""
        return self.effects if name == "effect" else self.before

    @property
    def first_place(self) -> int:
        """The place, from 1, of the clip that plays at the beginning: the first that is filled."""
        filled = (place for place, clip in enumerate(self.clips, start=1) if clip.source)
        return next(filled, 1)

    @property
    def specs(self) -> list[str]:
        """The SPECs of its sources and clips, each once."""
        return list(dict.fromkeys([*self.sources, *self.clip_specs]))

    @property
    def clip_specs(self) -> list[str]:
        """The SPECs of its clips alone, each once, those that were added while it played at the end."""
        planned = (clip.source for clip in self.clips if clip.source)
        return list(dict.fromkeys([*planned, *self.added]))

    def clip_values(self, number: int) -> dict[str, Value]:
        """Returns what layer ``number`` (from 1) starts with in its places for clips, by address, as planned."""
        clips = self.clips or (ClipPlan(self.sources[0]),)
        return {f"/layer/{number}/clip": self.first_place} | {
            f"/layer/{number}/clip/{place}/{name}": value
            for place, clip in enumerate(clips, start=1)
            for name, value in {"source": clip.source, **clip.settings}.items()
        }

    def started_at(self, place: int, spec: str) -> "LayerPlan":
        """Returns a copy that prefers ``spec``, the clip in ``place``, as the source to begin with, if that isn't empty
        and ``place`` isn't the first one."""
        return replace(self, sources=(spec, *self.sources)) if spec and place != self.first_place else self

    def with_source(self, source: str) -> "LayerPlan":
        """Returns a copy whose only source, and first clip, is ``source`` (a SPEC)."""
        first = self.first_place
        clips = (*self.clips[: first - 1], ClipPlan(source), *self.clips[first:]) if self.clips else ()
        return replace(self, sources=(source,), clips=clips, told_in="")

    def described(self) -> dict[str, Any]:
        """Returns the sources, the clips and the bank of models as a preset's file names them, with absolute paths
        where files exist.

        JSON-able: ``{"sources": [SPEC, ...], "clips": [table, ...], "bank": [name or path, ...]}``, and ``effects``,
        ``before``, ``added`` and ``number``.
        """
        known = library.known()
        return {
            "sources": [in_full(spec) for spec in self.sources],
            "clips": [clip.described() for clip in self.clips],
            "bank": [_named(entry, known) for entry in self.bank],
            "effects": list(self.effects),
            "before": list(self.before),
            "added": [in_full(spec) for spec in self.added],
            "number": self.number,
        }


def _named(entry: Entry, known: Mapping[str, Entry]) -> str:
    """Returns the name or the path by which `library.find` finds ``entry`` again."""
    if entry.name in known and known[entry.name].files == entry.files:
        return entry.name
    path, role = str(next(iter(entry.files.values()))), entry.name.rpartition(":")[2]
    return f"{path}:{role}" if role in library.ROLES else path


def bank_of(names: Iterable[str]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Returns the models that ``names`` (names or paths of files) name, in their order, and all others known by name.

    A model that is named twice is in the bank once; of two files of one name, the second is called by its path. Raises
    BadInput for an unknown name or a file that is no model, Unavailable for one that can't be examined now.
    """
    bank: dict[str, Entry] = {}
    for entry in map(library.find, names):
        same = bank.setdefault(entry.name, entry)
        if same.files != entry.files:  # two files of one name are distinguished by their paths
            path = str(next(iter(entry.files.values())))
            bank[path] = replace(entry, name=path)
    return tuple(bank.values()), tuple(entry for name, entry in library.known().items() if name not in bank)
