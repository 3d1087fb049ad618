"""What a layer of a preset plays: its sources in order, its bank of models, and what else it can load."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from vj.model.files import library
from vj.model.files.library import Entry
from vj.preset.paths import in_full


@dataclass(frozen=True)
class LayerPlan:
    """``sources`` are SPECs in order of preference: the first one that is there plays.

    ``bank`` are the models that are loaded and warm, the first one playing; ``others`` can be loaded besides.
    """

    sources: tuple[str, ...]
    bank: tuple[Entry, ...]
    others: tuple[Entry, ...]
    told_in: str = field(default="", compare=False)
    """The file and the key that name the sources, for what is said about them."""

    @property
    def models(self) -> tuple[Entry, ...]:
        """Every model that can be chosen."""
        return self.bank + self.others

    def described(self) -> dict[str, list[str]]:
        """JSON-able: the sources and the bank as a preset's file names them, files in full."""
        known = library.known()
        return {
            "sources": [in_full(spec) for spec in self.sources],
            "bank": [_named(entry, known) for entry in self.bank],
        }


def _named(entry: Entry, known: Mapping[str, Entry]) -> str:
    """What `library.find` finds it by again."""
    if entry.name in known and known[entry.name].files == entry.files:
        return entry.name
    path, role = str(next(iter(entry.files.values()))), entry.name.rpartition(":")[2]
    return f"{path}:{role}" if role in library.ROLES else path


def bank_of(names: Iterable[str]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The bank of those names or files, and what else can be played."""
    bank: dict[str, Entry] = {}
    for entry in map(library.find, names):
        same = bank.setdefault(entry.name, entry)
        if same.files != entry.files:  # two files of one name are told apart by their paths
            path = str(next(iter(entry.files.values())))
            bank[path] = replace(entry, name=path)
    return tuple(bank.values()), tuple(entry for name, entry in library.known().items() if name not in bank)
