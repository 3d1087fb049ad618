"""What `vj models` shows."""

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
"""Stands for a network of pictures, of which only the ways to run it are asked for."""
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
    """The ways to run a network on this machine, what is missing for more, and how each model is run and why, as far as
    that was found out."""
    names = backends(_ANY, TRIAL)
    lines = [f"runtimes here, for --runtime: {', '.join(names) or 'none'}"]
    missing = [libraries.why_not(name) for name in ("openvino", "onnxruntime", "torch")]
    lines += [reason for reason in (*missing, cards.trouble()) if reason]
    here = processor.described().items()
    kept = [(key, verdict) for key, verdict in autotune.kept(cache("runtime")) if here <= key.items()]
    return lines + [f"{key['name']} at {key['size']}: {verdict}" for key, verdict in kept]


def licences() -> Rows:
    """Columns and rows: everything bundled or fetched, its licence and its makers."""
    rows: list[tuple[str, ...]] = [
        (a.name, f"{a.package} {a.version}", a.licence, a.credit) for a in weights.ASSETS.values()
    ]
    rows += [(b.path, "bundled", b.licence, b.credit) for b in weights.BUNDLED]
    return ("file", "from", "licence", "credit"), rows


def inspection(name_or_file: str) -> list[str]:
    """What a model of the catalogue or the library is, or a model's file, line by line.

    Raises BadInput with the reason for a file that is refused, and with the choices for an unknown name.
    """
    entry = library.find(name_or_file)
    known = f" ({entry.name} of the catalogue, {_state(entry)})" if entry.origin == "catalogue" else ""
    lines = [f"{name_or_file}: {entry.title}{known}", f"family: {entry.family}, licence: {entry.licence or 'none'}"]
    looks = entry.job()["about"]
    for part, file in entry.files.items():
        lines += [f"{part}: {file}", *(_looked(entry, looks[part]) if part in looks else ())]
    return lines


def _looked(entry: Entry, about: Mapping[str, Any]) -> Iterator[str]:
    """What a look at one of the files of ``entry`` found."""
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
