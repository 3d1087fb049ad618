"""Counts the flashes of the picture, and limits them to three a second where they cover a quarter of it.

A flash is a pair of opposing changes of the relative luminance by a tenth of its maximum or more, where the darker
state is below 0.8, or of a saturated red (WCAG 2.3.1, ITU-R BT.1702). All of it happens on the GPU, on a grid of cells;
only the counts come back, a few times a second, without waiting.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import moderngl
import numpy as np

from vj.base.frame import Size
from vj.gl.canvas import Canvas
from vj.gl.program import Pass

ALLOWED: Final = 3
"""The most flashes within a second that the limiter lets through."""
_COLUMNS: Final = 32
"""Cells across the picture; they are about as high as they are wide."""
_SLOTS: Final = 64.0
"""Into how many parts a second is divided; see ``flash_watch.frag``."""
_SLOW: Final = 1.5
"""Time constant (s) with which flashing cells follow the picture: what flashes four times a second then varies by less
than the tenth that makes a flash."""
_READ_EVERY: Final = 0.25
"""Seconds between two readings of the counts."""
_TALLY_BYTES: Final = 16
"""Bytes of a tally: four floats."""
_TURNS: Final = ((0, 1), (1, 0))
"""Of two textures, which is read and which is drawn: in even frames, in odd ones."""


class FlashCounts(NamedTuple):
    """Flashes over at least a quarter of the picture since the show began: ``came`` before the limiter, ``shown``
    behind it, and the most of both within one second. Without the limiter both are the same.

    They lag by a second or so: a flash counts for the second that it is in.
    """

    came: int = 0
    most_came: int = 0
    shown: int = 0
    most_shown: int = 0


class FlashLimiter:
    """Watches what is drawn on a canvas, and changes it where it flashes too often.

    ``counts`` are the flashes as they were read last, at most half a second ago.
    """

    def __init__(self, canvas: Canvas) -> None:
        """``canvas`` is the picture that is shown; its context must be current in all methods."""
        ctx, size = canvas.ctx, canvas.size
        grid = Size(_COLUMNS, max(4, min(2 * _COLUMNS, round(_COLUMNS * size.height / size.width))))
        half = Size(*(max(1, side // 2) for side in size))
        self._canvas = canvas
        self._came, self._shown = (_FlashWatch(canvas, grid) for _ in range(2))
        self._weights = [_drawable(ctx, _texture(ctx, grid, "f2", smooth=True)) for _ in range(2)]
        held = _drawable(ctx, _texture(ctx, half, "f2", smooth=True))  # its changes are smaller than 1/255 a frame
        weights = [made.textures[0] for made in self._weights]
        counted, limits = self._came.counted, self._came.limits
        self._count_came = self._came.tallies(counted, weights)
        self._count_shown = self._shown.tallies(self._shown.counted, weights)
        self._count_unlimited = self._shown.tallies(counted, weights)
        weigh = Pass(ctx, "flash_weight")
        hold, show = (Pass(ctx, name, vertex="flash_gate") for name in ("flash_hold", "flash_show"))
        weigh["counted"], weigh["limits"], weigh["before"] = 0, 1, 2
        hold["picture"], hold["weights"], hold["limits"], hold["which"] = 0, 1, 2, 1
        show["held"], show["weights"], show["limits"], show["which"] = 0, 1, 2, 2
        self._weigh, self._hold, self._show = [], [], []
        for before, after in _TURNS:
            self._weigh.append(_Drawing(weigh, self._weights[after], (counted, limits[after], weights[before])))
            self._hold.append(_Drawing(hold, held, (canvas, weights[after], limits[after])))
            self._show.append(_Drawing(show, canvas, (*held.textures, weights[after], limits[after])))
        self._turn = 0
        self._limits = False
        self._buffer = ctx.buffer(reserve=2 * _TALLY_BYTES)
        self._read = np.zeros((2, 4), np.float32)
        self._asked, self._is_asked = -math.inf, False
        self.counts = FlashCounts()

    def begin(self) -> None:
        """Count from the next picture on: what was drawn before was not seen, and the next one is no change."""
        for watch in (self._came, self._shown):
            watch.begin()
        self.counts, self._asked, self._is_asked = FlashCounts(), -math.inf, False
        self._limits = False

    def apply(self, now: float, limit: bool) -> None:
        """Count the flashes of the picture on the canvas, which was drawn for the time ``now`` (s; never earlier than
        before), and with ``limit`` change it so that they aren't too many. What doesn't flash stays as it is.

        The canvas is the framebuffer in use afterwards, and blending is off.
        """
        turn = self._turn
        dt = self._came.watch(now, turn)
        self._count_came[turn].draw(dt=dt)
        if limit:
            self._limit(dt)
            self._shown.watch(now, turn)
        self._limits = limit
        (self._count_shown if limit else self._count_unlimited)[turn].draw(dt=dt)
        self._turn = 1 - turn
        if now - self._asked >= _READ_EVERY:
            self._take_counts()
            self._ask_for_counts()
            self._asked = now
        self._canvas.begin()

    def rehearse(self) -> None:
        """Draw all that limiting needs once, uncounted: drivers compile shaders at their first use. The canvas is the
        framebuffer in use afterwards."""
        self._limit(0.0)
        self._limits = False
        self._canvas.begin()

    def finish(self) -> FlashCounts:
        """Returns the counts up to the last picture. Waits for the GPU, so it is for the end of a show."""
        self._ask_for_counts()
        self._take_counts()
        return self.counts

    def _limit(self, dt: float) -> None:
        """Blend the picture into the one that is held, cell by cell as far as it doesn't flash, and show that."""
        ctx, turn, slow = self._canvas.ctx, self._turn, 1.0 - math.exp(-dt / _SLOW)
        if not self._limits:  # what is held is old: this picture replaces it
            self._weights[turn].framebuffer.clear(1.0, 0.0, 0.0, 1.0)
            slow = 1.0
        self._weigh[turn].draw(dt=dt, slow=slow)
        ctx.enable(moderngl.BLEND)
        ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._hold[turn].draw()
        ctx.disable(moderngl.BLEND)
        self._show[turn].draw()

    def _ask_for_counts(self) -> None:
        """Have the newest tallies copied to where `_take_counts` takes them, without waiting for it."""
        self._came.read_into(self._buffer, self._turn, 0)
        self._shown.read_into(self._buffer, self._turn, _TALLY_BYTES)
        self._is_asked = True

    def _take_counts(self) -> None:
        if self._is_asked:
            self._buffer.read_into(self._read)
            came, shown = self._read
            self.counts = FlashCounts(round(float(came[0])), int(came[1]), round(float(shown[0])), int(shown[1]))


class _Drawable(NamedTuple):
    """Textures, and the framebuffer by which they are drawn into."""

    framebuffer: moderngl.Framebuffer
    textures: tuple[moderngl.Texture, ...]


class _Drawing:
    """A pass with what it draws into, and the textures that it reads, by unit.

    The canvas may be either: its own texture and framebuffer aren't always the same.
    """

    def __init__(self, drawn: Pass, into: _Drawable | Canvas, read: Sequence[moderngl.Texture | Canvas]) -> None:
        self._drawn, self._into, self._read = drawn, into, tuple(read)

    def draw(self, **uniforms: float | int) -> None:
        """Draw with these ``uniforms``, by name; others keep their values."""
        for unit, read in enumerate(self._read):
            (read.texture if isinstance(read, Canvas) else read).use(unit)
        for name, value in uniforms.items():
            self._drawn[name] = value
        (self._into.target if isinstance(self._into, Canvas) else self._into.framebuffer).use()
        self._drawn.draw()


class _FlashWatch:
    """Follows the cells of the picture on a canvas. What it knows lies in pairs of textures that take turns: one is
    read while the other is drawn.

    ``counted`` is how often each cell turned, ``limits`` whether the picture has to be limited.
    """

    def __init__(self, canvas: Canvas, grid: Size) -> None:
        ctx = canvas.ctx
        self.counted = _texture(ctx, grid, "f4")
        pairs = [(_texture(ctx, grid, "u4"), _texture(ctx, grid, "f4")) for _ in range(2)]
        cells = [_drawable(ctx, *pair, self.counted) for pair in pairs]
        watch, self._tally = Pass(ctx, "flash_watch"), Pass(ctx, "flash_tally")
        watch["picture"], watch["turns"], watch["ends"] = 0, 1, 2
        tally = self._tally
        tally["counted"], tally["weights"], tally["before"], tally["limited"] = 0, 1, 2, 3
        self._watch = [_Drawing(watch, cells[after], (canvas, *pairs[before])) for before, after in _TURNS]
        self._tallies = [_drawable(ctx, *(_texture(ctx, Size(1, 1), "f4") for _ in range(2))) for _ in range(2)]
        self.limits = [made.textures[1] for made in self._tallies]
        self._slot = 0
        self._at: float | None = None

    def tallies(self, counted: moderngl.Texture, weights: Sequence[moderngl.Texture]) -> list[_Drawing]:
        """Returns what sums up cells that turned as often as ``counted`` says, for both turns; it takes the seconds
        since the last time (``dt``). ``weights`` are what is shown of the cells."""
        made = self._tallies
        return [
            _Drawing(self._tally, made[after], (counted, weights[before], *made[before].textures))
            for before, after in _TURNS
        ]

    def begin(self) -> None:
        """Forget all pictures so far and their counts."""
        self._at = None
        for made in self._tallies:
            made.framebuffer.clear()

    def watch(self, now: float, turn: int) -> float:
        """Follow the picture at the time ``now`` (s). Returns the seconds since the last call, 0..1; 0 at first."""
        dt = 0.0 if self._at is None else min(1.0, max(0.0, now - self._at))
        slot = math.floor(now * _SLOTS)
        self._watch[turn].draw(slots=-1 if self._at is None else slot - self._slot)
        self._slot, self._at = slot, now
        return dt

    def read_into(self, buffer: moderngl.Buffer, turn: int, offset: int) -> None:
        """Have the newest tally, that of the turn before ``turn``, copied into ``buffer``, ``offset`` bytes from its
        start. Doesn't wait."""
        self._tallies[turn].framebuffer.read_into(buffer, components=4, dtype="f4", write_offset=offset)


def _drawable(ctx: moderngl.Context, *textures: moderngl.Texture) -> _Drawable:
    return _Drawable(ctx.framebuffer(textures), textures)


def _texture(ctx: moderngl.Context, size: Size, kind: str, smooth: bool = False) -> moderngl.Texture:
    """Returns a texture of four channels of ``kind``, all 0; it is filtered if ``smooth`` is true."""
    width = {"f2": 2, "f4": 4, "u4": 4}[kind]
    made = ctx.texture(size, 4, bytes(size.width * size.height * 4 * width), dtype=kind)
    filtering = moderngl.LINEAR if smooth else moderngl.NEAREST
    made.filter = filtering, filtering
    made.repeat_x = made.repeat_y = False
    return made
