"""Which parameters come and go while a show plays: those of effects, of generators as clips, and of layers."""

import re

from vj.params.param import Param, ParamTable

MOST_LAYERS = 4
"""The most layers that a show can have at a time. Their numbers are 1 to this one."""

_OF_EFFECT = re.compile(r"(/layer/\d/(effect|before)|/master/effect)/[^/]+/.+")
_OF_GENERATOR = re.compile(r"/layer/\d/source/[^/]+/.+")
_CLIP = re.compile(r"/layer/\d/clip/\d+/source")
_OF_LAYER = re.compile(r"(?P<layer>/layer/(?P<number>\d))/.+")


def comes_and_goes(address: str) -> bool:
    """Returns whether ``address`` is one of an effect or of a layer, its source included."""
    return bool(_OF_EFFECT.fullmatch(address) or _OF_LAYER.fullmatch(address))


def brings_others(address: str, param: Param) -> bool:
    """Returns whether what is sent to ``param``, at ``address``, may make other parameters come or go."""
    return param.takes_text or bool(_CLIP.fullmatch(address))


def may_come(address: str, table: ParamTable) -> bool:
    """Returns whether a running show with ``table``, which lacks ``address``, may get it: with an effect, a
    generator or a layer.

    What names such an address, such as a binding, rests until it is there.
    """
    if _OF_EFFECT.fullmatch(address) or _OF_GENERATOR.fullmatch(address):
        return True
    of_layer = _OF_LAYER.fullmatch(address)
    return bool(of_layer and 1 <= int(of_layer["number"]) <= MOST_LAYERS and not table.below(of_layer["layer"]))
