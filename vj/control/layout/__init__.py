"""Ready surfaces for touch controllers, made from the parameter table."""

from collections.abc import Callable, Mapping
from pathlib import Path

from vj.control.layout import stage_control, touchosc
from vj.errors import BadInput, unknown
from vj.param import ParamTable

_WRITERS: Mapping[str, Callable[[ParamTable, str, int, str], bytes]] = {
    "touchosc": touchosc.layout,
    "open-stage-control": stage_control.session,
}
KINDS = tuple(_WRITERS)


def write_layout(
    table: ParamTable, kind: str, path: Path, host: str = "127.0.0.1", port: int = 7000, title: str = "vj"
) -> None:
    """Write a surface of ``kind`` (`KINDS`) for a show that listens at ``host`` and ``port`` to ``path``.

    Open Stage Control keeps where it sends in the file; in TouchOSC it is set under Connections, and the file only
    says it in its first line. Raises BadInput for an unknown kind, or a path that can't be written.
    """
    if kind not in _WRITERS:
        raise unknown("kind of layout", kind, KINDS)
    try:
        path.write_bytes(_WRITERS[kind](table, host, port, title))
    except OSError as reason:
        raise BadInput(f"can't write the layout {path}: {reason.strerror}") from reason
