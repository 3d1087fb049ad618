"""A few lines of text over the picture: one atlas of glyphs, one draw call."""

from collections.abc import Sequence
from typing import Final

import moderngl
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from vj.gl.program import shader

EMPTY, FULL = "\x1f", "\x7f"
"""Characters that make a bar: blocks that touch each other, faint and white."""
_FIRST, _LAST = ord(EMPTY), ord(FULL)
"""The codes of the first and the last character in the atlas."""
_BAR: Final = {EMPTY: 70, FULL: 255}
"""How white the blocks of a bar are, 0..255."""
_BAR_HEIGHT: Final = 0.6
"""The height of a bar, as a part of a line's."""
_MOST_LETTERS = 2048
"""The most letters of a text; the rest is left out."""
_PLATE = -1.0
"""The letter that stands for the dark plate."""


class Text:
    """Lines at the left edge, on a dark plate as wide as the longest. Characters outside ASCII show as ``?``; `EMPTY`
    and `FULL` are the blocks of a bar."""

    def __init__(self, ctx: moderngl.Context, pixels: int = 14) -> None:
        """``pixels`` is the size of the font; a line is a third higher than that."""
        atlas, self._advances, self._cell = _draw_atlas(pixels)
        self._texture = ctx.texture(atlas.shape[::-1], 1, atlas.tobytes(), alignment=1)
        self._texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._program = ctx.program(shader("text.vert"), shader("text.frag"))
        self._quads = np.zeros((_MOST_LETTERS, 5), np.float32)
        self._buffer = ctx.buffer(reserve=self._quads.nbytes)
        self._mesh = ctx.vertex_array(self._program, [(self._buffer, "4f 1f/i", "quad", "letter")])
        self._count = 0

    def height(self, rows: int) -> int:
        """Returns the height in pixels of a text of so many ``rows``, with its plate."""
        return self._cell[1] * (rows + 1)

    def write(self, lines: Sequence[str], top: float = 0.0) -> None:
        """Replace the text that `draw` draws; ``top`` is where its plate begins, in pixels from the top of the target.

        Letters beyond the first 2047 of all lines are left out. Nothing wraps; each of ``lines`` is one row. Without
        ``lines`` an empty plate of one row is left.
        """
        height = self._cell[1]
        self._count, right = 1, 0.0
        for row, line in enumerate(lines):
            right = max(right, self._lay_out(line, top + height * (row + 0.5)))
        self._quads[0] = (0.0, top, right + height / 2, height * (len(lines) + 1), _PLATE)
        self._buffer.write(self._quads[: self._count].tobytes())

    def draw(self, ctx: moderngl.Context, target: tuple[int, int]) -> None:
        """Draw over the framebuffer in use, whose size is ``target`` (width, height) and whose row 0 is the top.

        Draws nothing before the first `write`. Leaves blending switched off.
        """
        self._program["target"] = target
        self._program["letters"] = float(_LAST - _FIRST + 1)
        self._texture.use(0)
        ctx.enable(moderngl.BLEND)
        ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._mesh.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=self._count)
        ctx.disable(moderngl.BLEND)

    def _lay_out(self, line: str, top: float) -> float:
        """Append the letters of one line, ``top`` pixels from the top.

        Returns where the line ends, in pixels from the left.
        """
        width, height = self._cell
        codes = np.frombuffer(line.encode("ascii", "replace"), np.uint8)[: _MOST_LETTERS - self._count]
        letters = np.where(codes < _FIRST, ord(" "), np.minimum(codes, _LAST)) - _FIRST
        ends = height / 2 + np.cumsum(self._advances[letters])
        quads = self._quads[self._count : self._count + len(letters)]
        quads[:, 0] = np.round(ends - self._advances[letters])
        quads[:, 1:4] = (round(top), width, height)
        quads[:, 4] = letters
        self._count += len(letters)
        return float(ends[-1]) if len(letters) else 0.0


def _draw_atlas(pixels: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], tuple[int, int]]:
    """Returns all glyphs side by side (H×n·W), how far each moves on (pixels), and the size (W, H) of a cell."""
    font = ImageFont.load_default(pixels)
    letters = [chr(code) for code in range(_FIRST, _LAST + 1)]
    advances = np.array([font.getlength(letter) for letter in letters], np.float32)
    advances[np.char.isdigit(letters)] = font.getlength("0")  # equally wide, so that changing numbers don't move
    advances[letters.index(" ")] = font.getlength("0") * 0.6  # the font's own space is too thin between numbers
    advances[[letters.index(block) for block in _BAR]] = round(0.5 * pixels)
    width, height = int(advances.max()) + 1, pixels + pixels // 3
    atlas = Image.new("L", (width * len(letters), height))
    for place, letter in enumerate(letters):
        cell = Image.new("L", (width, height))  # of its own: a j reaches over to the left
        if letter in _BAR:
            rim = round((1.0 - _BAR_HEIGHT) / 2 * height)
            box = (0, rim, int(advances[letters.index(letter)]) - 1, height - 1 - rim)
            ImageDraw.Draw(cell).rectangle(box, fill=_BAR[letter])
        else:
            ImageDraw.Draw(cell).text((0, 0), letter, fill=255, font=font)
        atlas.paste(cell, (place * width, 0))
    return np.asarray(atlas), advances, (width, height)
