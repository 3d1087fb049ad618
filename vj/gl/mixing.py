"""Goes from one picture to another: a fade or a wipe."""

from typing import Final

import moderngl

from vj.gl.program import Pass

_BEFORE, _AFTER = 0, 1
_SOFT: Final = 0.08
"""The width of a wipe's soft edge, as a part of the picture's."""


class MixPass:
    """Draws the mixture of two pictures, both premultiplied and of the same size and direction."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._drawn = Pass(ctx, "transition")
        self._drawn["before"], self._drawn["after"] = _BEFORE, _AFTER

    def draw(self, before: moderngl.Texture, after: moderngl.Texture, progress: float, *, wipe: bool = False) -> None:
        """Draw into the framebuffer in use, which has the size of both: at ``progress`` 0 ``before``, at 1 ``after``.

        In between all of ``after`` shines through or, with ``wipe``, its left part is there already. Blending must be
        off.
        """
        self._drawn["progress"], self._drawn["wipe"] = progress, _SOFT if wipe else 0.0
        before.use(_BEFORE)
        after.use(_AFTER)
        self._drawn.draw()
