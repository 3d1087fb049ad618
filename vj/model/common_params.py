"""The parameters that every model has, whatever its family."""

from collections.abc import Iterable
from typing import Final

from vj.params.param import Param, choice, scoped
from vj.params.scope import EVERYTHING, Scope

WORKING = EVERYTHING & ~Scope.RANDOM
"""Settings that say how a model works and not what it shows: some stop the picture until it is rebuilt."""

(FADE,) = scoped(
    WORKING, Param("fade", 0.0, 30.0, default=0.5, unit="s", help="how long a change of model, style or painting takes")
)

STAGE = (
    Param("strength", default=1.0, smooth=0.05, help="how much of the model is mixed into the source"),
    Param("colour", default=0.0, smooth=0.05, help="how much of the source's own colours stay (luminance only at 1)"),
    *scoped(
        WORKING,
        choice("upsample", ("auto", "bilinear", "guided"), "auto", help="how a smaller result is brought to full size"),
    ),
    FADE,
)
"""What the display does with a model's result."""

QUALITIES: Final = {"auto": 0.0, "full": 1.0, "high": 0.75, "medium": 0.6, "low": 0.5}
"""How much of the full processing size each is, in length; ``auto`` follows ``rate``."""

ENGINE = scoped(
    WORKING,
    Param("rate", 0.0, 120.0, default=15.0, unit="/s", help="pictures a second to lower the size for (0: never)"),
    choice("quality", QUALITIES, "auto", help="the processing size; auto holds the rate"),
    Param("stroke", 0.5, 2.0, default=1.0, help="size of strokes and patterns, by processing at another size"),
)
"""What the engine heeds before any model does."""


def merged(families: Iterable[Iterable[Param]]) -> tuple[Param, ...]:
    """Every parameter of several families, once. Raises ValueError where two of one name differ."""
    found: dict[str, Param] = {}
    for params in families:
        for param in params:
            if found.setdefault(param.name, param) != param:
                raise ValueError(f"two families declare {param.name} differently")
    return tuple(found.values())
