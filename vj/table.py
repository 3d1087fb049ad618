"""The addresses of a show: what every show has, and what its sources and models bring."""

from collections.abc import Iterable, Sequence

from vj.model import MODELS
from vj.param import Param, ParamTable, choice, toggle, trigger
from vj.source import SOURCES

_FITS = ("fit", "fill", "stretch")

LAYER = (
    Param("opacity", default=1.0, smooth=0.05, help="how much of the layer covers what lies below it"),
    choice("fit", _FITS, "fill", help="how a source of another shape is placed on the canvas"),
)
STRENGTH = Param("strength", default=1.0, smooth=0.05, help="how much of the model is mixed into the source")
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


def show_table(layers: Sequence[tuple[Iterable[str], str]]) -> ParamTable:
    """Every address of a show whose layers have these kinds of source (alternatives) and this model."""
    table = ParamTable()
    for number, (kinds, model) in enumerate(layers, start=1):
        prefix = f"/layer/{number}"
        table.declare(prefix, LAYER)
        table.declare(f"{prefix}/source", _merged(kinds))
        table.declare(f"{prefix}/model", (STRENGTH, *MODELS[model].params))
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
