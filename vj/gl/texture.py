"""Textures that take pictures of any size, and the pixel buffers through which a graphics card gets them."""

import moderngl
import numpy as np

from vj.base.frame import Alpha, Pixels
from vj.gl.program import Pass

_BUFFERS = 4
"""How many pixel buffers take turns: enough for the pictures of two layers, so that the one that is written to is
rarely still being read."""
_UNIT = 3
"""The texture unit of the bytes that are unpacked; layers use those below it."""


class UploadRing:
    """Brings pictures to the graphics card without waiting for it: a picture is copied into the next of a few pixel
    buffers, from which the card fetches it when it gets there.

    Cards keep no pixels of three bytes: a driver that is given some converts them on the processor, or waits. So the
    bytes are sent as they are, as one channel, and the card itself makes pixels of them. Any number of textures of one
    context may share a ring. Its memory grows with the largest picture, and is kept.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        """``ctx``, to which the ring belongs, must be current here and in all methods."""
        self._ctx = ctx
        self._buffers = [ctx.buffer(reserve=1, dynamic=True) for _ in range(_BUFFERS)]
        self._turn = 0
        self._bytes = ctx.texture((1, 1), 1, alignment=1)
        self._widest: int = ctx.info["GL_MAX_TEXTURE_SIZE"] // 3
        self._otherwise = ctx.framebuffer([ctx.texture((1, 1), 4)])
        """In use after an upload, if nothing was before: no texture that may be released stays in use."""
        self._unpack = Pass(ctx, "unpack")
        self._unpack["bytes"] = _UNIT

    def takes(self, width: int) -> bool:
        """Returns whether pictures of this width (pixels) can go through the ring: a third of the widest texture."""
        return width <= self._widest

    def fill(self, target: moderngl.Framebuffer, pixels: Pixels) -> None:
        """Draw ``pixels`` (H×W×3 uint8 RGB, contiguous) into ``target``, which has their size; row 0 stays row 0.

        Returns before the card has done it; ``pixels`` may be changed at once. What is drawn later sees the new
        picture, what was drawn before the old one. The framebuffer in use stays the same. Blending may be on, if it is
        one by which opaque colours replace others.
        """
        height, width = pixels.shape[:2]
        buffer = self._filled(pixels)
        self._make_room(3 * width, height)
        self._bytes.write(buffer, viewport=(0, 0, 3 * width, height), alignment=1)
        self._bytes.use(_UNIT)
        in_use = self._ctx.fbo or self._otherwise
        target.use()
        self._unpack.draw()
        in_use.use()

    def write(self, texture: moderngl.Texture, pixels: Pixels) -> None:
        """Copy ``pixels`` (H×W×4 uint8, contiguous), which cards take as they are, into ``texture``, which has their
        size. Returns at once, as `fill` does."""
        texture.write(self._filled(pixels), alignment=1)

    def release(self) -> None:
        """Free all memory on the card. The ring can't be used any more."""
        for made in (*self._buffers, self._bytes, self._otherwise, *self._otherwise.color_attachments):
            made.release()

    def _filled(self, pixels: Pixels) -> moderngl.Buffer:
        """Returns the next buffer, with ``pixels`` in it."""
        buffer = self._buffers[self._turn]
        self._turn = (self._turn + 1) % _BUFFERS
        buffer.orphan(max(buffer.size, pixels.nbytes))  # what the card may still read of the last one isn't waited for
        buffer.write(pixels)
        return buffer

    def _make_room(self, width: int, height: int) -> None:
        wide, high = self._bytes.size
        if width > wide or height > high:
            self._bytes.release()
            self._bytes = self._ctx.texture((max(width, wide), max(height, high)), 1, alignment=1)


class PictureTexture:
    """A texture of colours (8 bits a channel), empty at first. ``seq`` is the number of the frame put in last, 0
    before."""

    def __init__(self, ctx: moderngl.Context, ring: UploadRing | None = None) -> None:
        """Pictures come through ``ring``, which must be of ``ctx``; without one, and where they are too wide for it,
        they are written directly, which for a software renderer is the cheapest."""
        self._ctx = ctx
        self._ring = ring
        self._texture: moderngl.Texture | None = None
        self._target: moderngl.Framebuffer | None = None
        """Draws into the texture; only if its pictures come through the ring."""
        self._mixed: Pixels | None = None
        """Where colours and alpha are brought together; kept for the next picture."""
        self.seq = 0
        self.has_alpha = False
        """Whether the picture has transparent parts; its colours are premultiplied then."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels; (1, 1) while it is empty."""
        return self._texture.size if self._texture else (1, 1)

    @property
    def texture(self) -> moderngl.Texture | None:
        """The texture itself, top row first as it was uploaded; None while it is empty."""
        return self._texture

    def upload(self, pixels: Pixels, seq: int, alpha: Alpha | None = None) -> None:
        """Copy ``pixels`` (H×W×3 uint8 RGB, top row first, contiguous), frame number ``seq``, to the GPU.

        ``alpha`` (H×W uint8) is what the picture covers, by which its colours are premultiplied; without it, the
        picture is opaque. Another size than before takes new memory on the GPU. ``seq`` becomes the attribute of that
        name. The arrays may be changed once this returns.
        """
        height, width = pixels.shape[:2]
        texture = self._room(width, height, alpha is not None)
        if alpha is not None:
            mixed = self._rgba(pixels, alpha)
            if self._ring and self._target:
                self._ring.write(texture, mixed)
            else:
                texture.write(mixed)
        elif self._ring and self._target:
            self._ring.fill(self._target, pixels)
        else:
            texture.write(pixels)
        self.seq, self.has_alpha = seq, alpha is not None

    def bind(self, unit: int, target: tuple[int, int]) -> None:
        """Bind the texture, which must not be empty, to ``unit`` for drawing at ``target`` size (width, height).

        A picture of that very size isn't filtered (nearest), which takes a software renderer half the time; any other
        is filtered linearly.
        """
        assert self._texture is not None
        wanted = moderngl.NEAREST if self._texture.size == target else moderngl.LINEAR
        if self._texture.filter[0] != wanted:
            self._texture.filter = (wanted, wanted)
        self._texture.use(unit)

    def release(self) -> None:
        """Free the texture's memory, so that it is empty again; ``seq`` stays. Harmless while it is empty."""
        for made in (self._target, self._texture):
            if made:
                made.release()
        self._target = self._texture = None

    def _room(self, width: int, height: int, with_alpha: bool) -> moderngl.Texture:
        """Returns the texture, made anew unless it has this size, and a channel for alpha where that is needed."""
        there = self._texture
        if there and there.size == (width, height) and (self._target or (there.components == 4) == with_alpha):
            return there
        self.release()
        self._texture = self._made(width, height, with_alpha)
        return self._texture

    def _rgba(self, pixels: Pixels, alpha: Alpha) -> Pixels:
        """Returns colours and alpha in one array [h, w, 4], which is used again."""
        mixed = self._mixed
        if mixed is None or mixed.shape[:2] != alpha.shape:
            mixed = self._mixed = np.empty((*alpha.shape, 4), np.uint8)
        for channel in range(3):  # a third of the time that all three take at once
            mixed[..., channel] = pixels[..., channel]
        mixed[..., 3] = alpha
        return mixed

    def _made(self, width: int, height: int, with_alpha: bool) -> moderngl.Texture:
        """Returns a texture of this size. If its pictures come through the ring, it can be drawn into."""
        through_ring = self._ring is not None and self._ring.takes(width)
        made = self._ctx.texture((width, height), 4 if through_ring or with_alpha else 3, alignment=1)
        made.repeat_x = made.repeat_y = False
        if through_ring:
            self._target = self._ctx.framebuffer([made])
        return made
