"""Writes surfaces for touch controllers from the parameter table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vj.base.errors import BadInput, unknown
from vj.base.new_file import whole_file
from vj.control.layout import stage_control, touchosc
from vj.control.layout.pages import shown
from vj.params.param import ParamTable


@dataclass(frozen=True, slots=True)
class _Format:
    ending: str
    write: Callable[[ParamTable, str, int, str], bytes]


_FORMATS: Mapping[str, _Format] = {
    "touchosc": _Format(".tosc", touchosc.layout),
    "open-stage-control": _Format(".json", stage_control.session),
}
KINDS = tuple(_FORMATS)
"""The names of the kinds of surface: ``touchosc`` (files end in ``.tosc``) and ``open-stage-control`` (``.json``)."""


def write_layout(
    table: ParamTable,
    path: Path,
    kind: str | None = None,
    host: str = "127.0.0.1",
    port: int = 7000,
    title: str = "vj",
) -> None:
    """Write a surface that plays ``table``, for a show that listens for OSC at ``host`` and ``port``, to the file
    ``path``. Its ending chooses the kind: ``.tosc`` for TouchOSC, ``.json`` for Open Stage Control. A file that is
    there is replaced.

    ``title`` is shown as the surface's name. Open Stage Control reads host and port from the file. In TouchOSC they are
    set under Connections; the file only mentions them in the name of its outermost group. Raises BadInput for another
    ending, a ``kind`` (`KINDS`) that isn't the ending's, a table of which nothing is shown, or a path that can't be
    written.
    """
    chosen = _FORMATS[_kind(path, kind)]
    if not shown(table):
        raise BadInput(f"no surface shows {' or '.join(table)}, as it could be touched by mistake; send it by OSC")
    try:
        with whole_file(path) as part:
            part.write_bytes(chosen.write(table, host, port, title))
    except OSError as reason:
        raise BadInput(f"can't write the layout {path}: {reason.strerror}") from reason


def _kind(path: Path, said: str | None) -> str:
    """Returns the kind that the ending of ``path`` means. Raises BadInput for another ending, and for a ``said`` that
    is unknown or another kind.
    """
    if said is not None and said not in _FORMATS:
        raise unknown("kind of layout", said, KINDS)
    meant = next((kind for kind, entry in _FORMATS.items() if entry.ending == path.suffix.lower()), None)
    if meant is None or said not in (None, meant):
        kinds = (said,) if said else KINDS
        choices = " or ".join(f"{_FORMATS[kind].ending} ({kind})" for kind in kinds)
        raise BadInput(f"the name of a layout ends in {choices}, not {path.name!r}")
    return meant
