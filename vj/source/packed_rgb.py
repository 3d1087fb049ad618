"""Scales pictures whose pixels are stored as red, green, blue and maybe alpha side by side, as in films of HAP.

swscale takes three times as long for those, and as a 4K picture has 33 MB, so does whatever makes a new array of it.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vj.base.frame import Alpha, Picture, Pixels, Size

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_TO_RGB: Final = {
    "rgb24": "",
    "bgr24": "COLOR_BGR2RGB",
    "rgb0": "COLOR_RGBA2RGB",
    "rgba": "COLOR_RGBA2RGB",
    "bgr0": "COLOR_BGRA2RGB",
    "bgra": "COLOR_BGRA2RGB",
}
"""OpenCV's name for the conversion to RGB by FFmpeg's name of each packed format; empty if there is nothing to do."""

_OPAQUE = 255
"""The alpha of a pixel that nothing is seen through."""


def stored_pixels(frame: "VideoFrame") -> Pixels | None:
    """Returns the pixels of ``frame`` as they are stored: a view [h, w, 3 or 4] with padded rows, valid as long as the
    frame. Returns None if they aren't in one of the packed formats with 8 bits, or stored upside down."""
    if frame.format.name not in _TO_RGB or frame.planes[0].line_size <= 0:
        return None
    plane: Any = frame.planes[0]  # a buffer, which its type hints don't say
    wide = 3 if frame.format.name.endswith("24") else 4
    rows: Pixels = np.frombuffer(plane, np.uint8, frame.height * plane.line_size).reshape(frame.height, -1)
    return rows[:, : wide * frame.width].reshape(frame.height, frame.width, wide)


class PackedScaler:
    """Scales packed pictures. The large arrays in between are kept for the next picture."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, ...], Pixels] = {}

    def scaled(self, pixels: Pixels, form: str, size: Size) -> Pixels:
        """Returns ``pixels``, which are stored in FFmpeg's format ``form``, at ``size``: a new array, uint8 RGB
        [h, w, 3]. Alpha is dropped.
        """
        import cv2

        pixels, is_new = self._resized(pixels, size)
        if code := _TO_RGB[form]:
            converted: Pixels = cv2.cvtColor(pixels, getattr(cv2, code))
            return converted
        return pixels if is_new else pixels.copy()

    def premultiplied(self, pixels: Pixels, form: str, size: Size) -> Picture:
        """Returns ``pixels`` as `scaled` does, but with what they cover: colours are premultiplied before that, so that
        hidden ones don't bleed over the edges. They must be stored with alpha."""
        import cv2

        seen = cv2.cvtColor(pixels, cv2.COLOR_RGBA2mRGBA, dst=self._keep(pixels.shape))
        small, _ = self._resized(seen, size)
        alpha: Alpha = cv2.extractChannel(small, 3)
        colours: Pixels = cv2.cvtColor(small, getattr(cv2, _TO_RGB[form]))
        return Picture(colours, alpha if alpha.min() < _OPAQUE else None)

    def _resized(self, pixels: Pixels, size: Size) -> tuple[Pixels, bool]:
        """Returns ``pixels`` at ``size``, and whether that is a new array rather than ``pixels`` or one that is kept.

        A larger picture is halved as often as that goes, by the mean of four pixels, and the rest is interpolated:
        OpenCV's mean over an area that doesn't end between pixels takes four times as long.
        """
        import cv2

        while pixels.shape[0] >= 2 * size.height and pixels.shape[1] >= 2 * size.width:
            shape = ((pixels.shape[0] + 1) // 2, (pixels.shape[1] + 1) // 2, pixels.shape[2])
            pixels = cv2.resize(pixels, shape[1::-1], dst=self._keep(shape), interpolation=cv2.INTER_AREA)
        is_new = pixels.shape[:2] != (size.height, size.width)
        return (cv2.resize(pixels, size) if is_new else pixels), is_new

    def _keep(self, shape: tuple[int, ...]) -> Pixels:
        """Returns the array of ``shape`` that is kept; it holds anything."""
        if shape not in self._kept:
            self._kept[shape] = np.empty(shape, np.uint8)
        return self._kept[shape]
