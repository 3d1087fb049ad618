"""Which clips the cues of a show name, so that they are kept warm."""

import re
from collections.abc import Mapping
from typing import Any

from vj.play.play import Plan

_CLIP = re.compile(r"/layer/(?P<layer>\d+)/clip(/(?P<place>\d+))?")


def cued_clips(plan: Plan) -> dict[int, list[int]]:
    """Returns the places of the clips that the cues of ``plan``, or the snapshots that they recall, play or launch.

    They are by the layer's number, in the order of the cues, each once. Anything that is no clip is passed over.
    """
    found: dict[int, dict[int, None]] = {}
    for cue in plan.cues:
        stored = plan.snapshots.get(cue.snapshot) if cue.snapshot is not None else None
        for address, value in [*_items(stored.set if stored else {}), *_items(cue.set), *((f, None) for f in cue.fire)]:
            named = _CLIP.fullmatch(str(address).split()[0] if str(address).split() else "")
            place = (named["place"] or value) if named else None
            if named and place is not None:
                found.setdefault(int(named["layer"]), {})[int(place)] = None
    return {layer: list(places) for layer, places in found.items()}


def _items(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(values.items())
