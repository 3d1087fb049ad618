"""The addresses of a show: what every show has, and what its sources and models bring."""

from collections.abc import Iterable, Sequence

from vj.model import library
from vj.model.common import STAGE, merged
from vj.model.library import Entry
from vj.param import Param, ParamTable, choice, toggle, trigger
from vj.source import SOURCES

_FITS = ("fit", "fill", "stretch")

LAYER = (
    Param("opacity", default=1.0, smooth=0.05, help="how much of the layer covers what lies below it"),
    choice("fit", _FITS, "fill", help="how a source of another shape is placed on the canvas"),
)
MASTER = (
    Param("opacity", default=1.0, smooth=0.05, help="brightness of the whole picture"),
    toggle("blackout", help="black at once; the show goes on behind it"),
    toggle("freeze", help="hold the picture that is shown now"),
    trigger("panic", help="back to the values the show started with"),
)
OUTPUT = (
    toggle("fullscreen", help="cover the chosen monitor"),
    choice("fit", _FITS, "fit", help="how the picture is placed in a window of another shape"),
    toggle("hud", help="show rates, latency and states over the picture"),
)


def show_table(layers: Sequence[tuple[Iterable[str], Sequence[Entry]]]) -> ParamTable:
    """Every address of a show whose layers have these kinds of source (alternatives) and any of these models."""
    table = ParamTable()
    for number, (kinds, models) in enumerate(layers, start=1):
        prefix = f"/layer/{number}"
        table.declare(prefix, LAYER)
        table.declare(f"{prefix}/source", _merged(kinds))
        names = [entry.name for entry in models]
        table.declare(prefix, [choice("model", names, names[0], help="the model that plays; others are loaded aside")])
        table.declare(f"{prefix}/model", merged((STAGE, library.params(models))))
    table.declare("/master", MASTER)
    table.declare("/output", OUTPUT)
    return table


def _merged(kinds: Iterable[str]) -> list[Param]:
    """The parameters of alternative sources; where two have the same name, the first one's."""
    merged: dict[str, Param] = {}
    for kind in kinds:
        for param in SOURCES[kind].params:
            merged.setdefault(param.name, param)
    return list(merged.values())
