"""What `vj models` shows."""

from pathlib import Path

from vj.model import DREAMS, catalog, library
from vj.model.library import Entry
from vj.model.runtime import autotune
from vj.paths import cache

Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def models() -> Rows:
    """Columns and rows: every model of the catalogue and of the library's folder, and whether it is here."""
    return ("model", "family", "size", "weights", "licence", "what it is"), [
        (entry.name, entry.family, _size(entry), _state(entry), entry.licence, entry.title)
        for entry in library.known().values()
    ]


def refusals() -> list[str]:
    """Why files in the library's folder are no models."""
    return list(library.refused().values())


def runtimes() -> list[str]:
    """How models are run on this machine, as far as that was found out, and why."""
    kept = autotune.kept(cache("runtime"))
    return [f"{key['name']} at {key['size']}: {verdict}" for key, verdict in kept if "name" in key]


def licences() -> Rows:
    """Columns and rows: everything bundled or fetched, its licence and its makers."""
    rows: list[tuple[str, ...]] = [
        (a.name, f"{a.package} {a.version}", a.licence, a.credit) for a in catalog.ASSETS.values()
    ]
    rows += [(b.path, "bundled", b.licence, b.credit) for b in catalog.BUNDLED]
    return ("file", "from", "licence", "credit"), rows


def inspection(file: Path) -> list[str]:
    """What the file is, line by line. Raises BadInput with the reason for one that is refused."""
    entry = library.find_file(file)
    if not entry.about:
        return [f"{file}: {entry.title} ({entry.name} of the catalogue, {entry.licence})"]
    lines = [f"{file}: {entry.title}", f"family: {entry.family}, licence: {entry.licence}"]
    for part, about in entry.about.items():
        lines.append(f"{part}: {entry.files[part]}")
        gives = f"gives {about['gives']}, {about['channels'][0]} channels in, {about['channels'][1]} out"
        if entry.family in DREAMS:
            gives = f"tells {about['classes']} classes apart" if about["classes"] else "gives features"
        lines.append(f"  takes {about['takes']}, {gives}, sides multiples of {about['multiple']}")
        lines += [f"  {note}" for note in about["notes"]]
        lines += [f"  sets {name} = {value}" for name, value in about["set"].items()]
    return lines


def _size(entry: Entry) -> str:
    return f"{entry.size / 1e6:.1f} MB" if entry.files else ""


def _state(entry: Entry) -> str:
    if entry.origin != "catalogue":
        return "in the library"
    return "here" if entry.present else "fetched on first use"
