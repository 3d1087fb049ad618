"""The size within which models work, where neither the performer nor the preset has chosen one."""

from typing import Final

from vj.base.frame import Size
from vj.model.runtime.cards import computes

MODEL_BOX: Final = Size(640, 360)
"""What a processor works within by default; the GPU brings its pictures to the canvas's size."""
MODEL_ROOM: Final = Size(2048, 2048)
"""The most pixels that a model's picture may have. Memory that is never written to costs nothing."""


def default_model_size(canvas: Size, runtime: str, on_processor: Size | None = None) -> Size:
    """Returns the size within which models work by default, for a canvas of this size.

    On a graphics card with memory of its own it is the canvas's, but no side is longer than those of `MODEL_ROOM`;
    where models turn out too slow, the governor makes it smaller. On a processor it is ``on_processor`` or, without
    one, `MODEL_BOX`. ``runtime`` is "auto" or the backend that is forced.
    """
    if not computes(runtime):
        return on_processor or MODEL_BOX
    return Size(*(min(side, most) for side, most in zip(canvas, MODEL_ROOM, strict=True)))
