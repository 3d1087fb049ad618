"""The parameters that every model has, whatever its family."""

from collections.abc import Iterable
from typing import Final

from vj.params.param import Param, choice, scoped
from vj.params.scope import EVERYTHING, Scope

WORKING = EVERYTHING & ~Scope.RANDOM
"""The scope of settings that say how a model works, not what it shows. They are never drawn at random, because some of
them stop the picture until the model is prepared again."""

(FADE,) = scoped(
    WORKING, Param("fade", 0.0, 30.0, default=0.5, unit="s", help="how long a change of model, style or painting takes")
)

BLEND = Param("blend", default=0.0, smooth=0.05, help="from the first painting or look to the second one")
"""Of families that mix two paintings or looks."""

STAGE = (
    Param("strength", default=1.0, smooth=0.05, help="how much of the model is mixed into the source"),
    Param("colour", default=0.0, smooth=0.05, help="how much of the source's own colours stay (luminance only at 1)"),
    *scoped(
        WORKING,
        choice("upsample", ("auto", "bilinear", "guided"), "auto", help="how a smaller result is brought to full size"),
    ),
    *scoped(
        WORKING,
        choice("steady", ("auto", "on", "off"), "auto", help="steadies slow models: 10 ms of a core a picture"),
    ),
    Param("reproject", default=1.0, smooth=0.05, help="how far a result moves on with the source, one pass a frame"),
    Param("coherence", default=1.0, smooth=0.05, help="how much of a result stays in the next, four passes a result"),
    FADE,
)
"""Parameters of how the display mixes a model's result with the source."""

QUALITIES: Final = {"auto": 0.0, "full": 1.0, "high": 0.75, "medium": 0.6, "low": 0.5}
"""The part of the full processing length (of each side) for each value of ``quality``: 1, 0.75, 0.6 or 0.5; ``auto``
(0) leaves it to the engine, to hold ``rate``."""

ENGINE = scoped(
    WORKING,
    Param("rate", 0.0, 120.0, default=15.0, unit="/s", help="pictures a second to lower the size for (0: never)"),
    choice("quality", QUALITIES, "auto", help="the processing size; auto holds the rate"),
    Param("stroke", 0.5, 2.0, default=1.0, help="size of strokes and patterns, by processing at another size"),
)
"""Parameters that the engine itself reads, whatever the model."""


def merged(families: Iterable[Iterable[Param]]) -> tuple[Param, ...]:
    """Returns the parameters of several families, each of which is given as its own parameters: a tuple of the Param
    objects, every name once, in the order in which it first comes. Raises ValueError if two parameters of one name
    differ in anything, such as default or help."""
    found: dict[str, Param] = {}
    for params in families:
        for param in params:
            if found.setdefault(param.name, param) != param:
                raise ValueError(f"two families declare {param.name} differently")
    return tuple(found.values())
