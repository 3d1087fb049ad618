"""Which clips the cues of a show name, so that they are kept warm."""

import re

from vj.params.changing import MOST_LAYERS
from vj.play.play import Plan

_CLIP = re.compile(r"/layer/(?P<layer>\d+)/clip(/(?P<place>\d+))?")
_COLUMN = re.compile(r"/column/(?P<place>\d+)")


def cued_clips(plan: Plan, layers: int = MOST_LAYERS) -> dict[int, list[int]]:
    """Returns the places of the clips that the cues of ``plan``, or the snapshots that they recall, play or launch.

    They are by the layer's number, in the order of the cues, each once. A column names its place in each of ``layers``
    layers.
    """
    found: dict[int, dict[int, None]] = {}
    for cue in plan.cues:
        stored = plan.snapshots.get(cue.snapshot) if cue.snapshot is not None else None
        for address, value in (*(stored.set.items() if stored else ()), *cue.set.items()):
            if (named := _CLIP.fullmatch(address)) and not named["place"]:
                found.setdefault(int(named["layer"]), {})[int(value)] = None
        for fired in cue.fire:
            if (named := _CLIP.fullmatch(fired)) and named["place"]:
                found.setdefault(int(named["layer"]), {})[int(named["place"])] = None
            elif named := _COLUMN.fullmatch(fired):
                for layer in range(1, layers + 1):
                    found.setdefault(layer, {})[int(named["place"])] = None
    return {layer: list(places) for layer, places in found.items()}
