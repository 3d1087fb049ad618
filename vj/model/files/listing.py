"""The tables and lines that `vj models` prints."""

from collections.abc import Iterator, Mapping
from typing import Any

from vj.base.paths import cache
from vj.model import DREAMS
from vj.model.files import library, weights
from vj.model.files.library import Entry
from vj.model.network import UNIT, Network
from vj.model.runtime import autotune, cards, libraries, processor
from vj.model.runtime.choose import TRIAL
from vj.model.runtime.prepare import backends

_ANY = Network("any", "any", UNIT, UNIT, module=lambda: None)  # type: ignore[arg-type, return-value]
"""Stands for some network of pictures: only the backends that could run it are asked for."""
Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""The headings of the columns, and the rows."""


def models() -> Rows:
    """Returns the headings, and a row of texts for every model of the catalogue and of the performer's folder: name,
    family, size in MB, where its weights are, licence and title. Files that are new are examined, in a child."""
    return ("model", "family", "size", "weights", "licence", "what it is"), [
        (entry.name, entry.family, _size(entry), _state(entry), entry.licence, entry.title)
        for entry in library.known().values()
    ]


def refusals() -> list[str]:
    """Returns, for each file in the performer's folder that can't be played, a line that says why; an empty list if
    there is none."""
    return list(library.refused().values())


def runtimes() -> list[str]:
    """Returns lines for the performer: the backends of this machine, what is missing for others, and for each model and
    size that was measured on this machine its backend and why. Nothing is measured now."""
    names = backends(_ANY, TRIAL)
    lines = [f"runtimes here, for --runtime: {', '.join(names) or 'none'}"]
    missing = [libraries.why_not(name) for name in ("openvino", "onnxruntime", "torch")]
    lines += [reason for reason in (*missing, cards.trouble()) if reason]
    here = processor.described().items()
    kept = [(key, verdict) for key, verdict in autotune.kept(cache("runtime")) if here <= key.items()]
    return lines + [f"{key['name']} at {key['size']}: {verdict}" for key, verdict in kept]


def licences() -> Rows:
    """Returns the headings, and a row of texts for every file that the catalogue can fetch, whether fetched or not, and
    for every file or pattern of files that comes with the project: its name, where it is from, its licence and its
    makers."""
    rows: list[tuple[str, ...]] = [
        (a.name, f"{a.package} {a.version}", a.licence, a.credit) for a in weights.ASSETS.values()
    ]
    rows += [(b.path, "bundled", b.licence, b.credit) for b in weights.BUNDLED]
    return ("file", "from", "licence", "credit"), rows


def inspection(name_or_file: str) -> list[str]:
    """Returns lines that describe the model ``name_or_file``, a name in the catalogue or the performer's folder or the
    path of a model's file: its family, its licence, and for each file its path and what it was found to be. Files of
    the catalogue that aren't fetched yet are named only.

    Raises BadInput with the reason for a file that is refused, and with the choices for an unknown name, Unavailable
    for a file that can't be examined now.
    """
    entry = library.find(name_or_file)
    known = f" ({entry.name} of the catalogue, {_state(entry)})" if entry.origin == "catalogue" else ""
    lines = [f"{name_or_file}: {entry.title}{known}", f"family: {entry.family}, licence: {entry.licence or 'none'}"]
    looks = entry.to_job()["about"]
    for part, file in entry.files.items():
        lines += [f"{part}: {file}", *(_looked(entry, looks[part]) if part in looks else ())]
    return lines


def _looked(entry: Entry, about: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines on what the examination of one file of ``entry`` found."""
    gives = f"gives {about['gives']}, {about['channels'][0]} channels in, {about['channels'][1]} out"
    if entry.family in DREAMS:
        gives = f"tells {about['classes']} classes apart" if about["classes"] else "gives features"
    yield f"  takes {about['takes']}, {gives}, sides multiples of {about['multiple']}"
    yield from (f"  {note}" for note in about["notes"])
    yield from (f"  sets {name} = {value}" for name, value in about["set"].items())


def _size(entry: Entry) -> str:
    return f"{entry.size / 1e6:.1f} MB" if entry.files else ""


def _state(entry: Entry) -> str:
    if entry.origin != "catalogue":
        return "in the library"
    return "here" if entry.present else "fetched on first use"
