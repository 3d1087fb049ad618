"""The tables and lines that `vj models` prints."""

from collections.abc import Iterator, Mapping
from typing import Any

from vj.base.paths import cache
from vj.model import DREAMS
from vj.model.files import library, weights
from vj.model.files.library import Entry
from vj.model.network import UNIT, Network
from vj.model.runtime import autotune, cards, compiler, libraries, processor
from vj.model.runtime.prepare import backends
from vj.model.runtime.trial import TRIAL

_ANY = Network("any", "any", UNIT, UNIT, module=lambda: None)  # type: ignore[arg-type, return-value]
"""Stands for some network of pictures: only the backends that could run it are asked for."""
Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""The headings of the columns, and the rows."""


def models() -> Rows:
    """Returns the headings, and a row of six texts for every model of the catalogue, then of the performer's folder:
    name, family, size such as ``0.8 MB`` (empty for a model without files), where its weights are (``here``, ``fetched
    on first use``, ``in the library``), licence and title. Refused files are left out. Files that are new are examined
    now, in a child, which may take seconds."""
    return ("model", "family", "size", "weights", "licence", "what it is"), [
        (entry.name, entry.family, _size(entry), _state(entry), entry.licence, entry.title)
        for entry in library.known().values()
    ]


def refusals() -> list[str]:
    """Returns, for each file in the performer's folder that can't be played or can't be examined now, the reason in one
    text, which usually names the file; an empty list if there is none. Files that are new are examined now, in a child,
    which may take seconds."""
    return list(library.refused().values())


def runtimes() -> list[str]:
    """Returns lines for the performer: one that names the backends of this machine; one for each of openvino,
    onnxruntime and torch that is missing, and one for trouble with graphics cards; and ``NAME at SIZE: VERDICT`` for
    each network and size whose backends were timed on this machine. Nothing is timed now."""
    names = backends(_ANY, TRIAL)
    lines = [f"runtimes here, for --runtime: {', '.join(names) or 'none'}"]
    missing = [libraries.why_not(name) for name in ("openvino", "onnxruntime", "torch")]
    lines += [reason for reason in (*missing, cards.trouble(), _uncompiled()) if reason]
    here = processor.described().items()
    kept = [(key, verdict) for key, verdict in autotune.kept(cache("runtime")) if here <= key.items()]
    return lines + [f"{key['name']} at {key['size']}: {verdict}" for key, verdict in kept]


def _uncompiled() -> str:
    """Returns why networks aren't compiled for the card that is here; an empty text if they are, or without a card."""
    here = any(card.device == "cuda" for card in cards.cards())
    return f"networks run on the card as they are, not compiled: {why}" if here and (why := compiler.trouble()) else ""


def licences() -> Rows:
    """Returns the headings, and a row of four texts for every file that the catalogue can fetch, whether fetched or
    not, then for every file or pattern of files (by its path in the project) that comes with the project: its name,
    where it is from (``PACKAGE VERSION`` or ``bundled``), its licence and its makers."""
    rows: list[tuple[str, ...]] = [
        (a.name, f"{a.package} {a.version}", a.licence, a.credit) for a in weights.ASSETS.values()
    ]
    rows += [(b.path, "bundled", b.licence, b.credit) for b in weights.BUNDLED]
    return ("file", "from", "licence", "credit"), rows


def inspection(name_or_file: str) -> list[str]:
    """Returns lines that describe the model ``name_or_file`` (as in `vj.model.files.library.find`: a name or a path,
    maybe with ``:ROLE``): its title, its family and licence, and for each file ``PART: PATH`` and indented lines on
    what it was found to be. As long as a file isn't fetched, or if the family needs no findings, these are left out.

    New files are examined now, in a child; a copy of one of the catalogue's files is cached. Raises BadInput with the
    reason for a file that is refused, and with the choices for an unknown name, Unavailable for a file that can't be
    examined now.
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
    if about["trained_at"]:
        yield f"  trained on pictures of {about['trained_at']} lines, and plays at that size"
    yield from (f"  {note}" for note in about["notes"])
    yield from (f"  sets {name} = {value}" for name, value in about["set"].items())


def _size(entry: Entry) -> str:
    return f"{entry.size / 1e6:.1f} MB" if entry.files else ""


def _state(entry: Entry) -> str:
    if entry.origin != "catalogue":
        return "in the library"
    return "here" if entry.present else "fetched on first use"
