"""Short films of one colour, in the sizes and codecs that a test wants."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

COLOURS = {
    "red": (220, 20, 20),
    "green": (20, 200, 20),
    "blue": (20, 20, 220),
    "yellow": (220, 220, 20),
    "cyan": (20, 220, 220),
    "magenta": (220, 20, 220),
    "white": (250, 250, 250),
}


def coloured(
    path: Path, colour: str, size: tuple[int, int] = (160, 96), codec: str = "mpeg4", frames: int = 25, fps: int = 25
) -> Path:
    """Write a film of ``frames`` pictures of ``colour``, which get a little darker from one to the next."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            shade = np.array(COLOURS[colour]) * (1.0 - 0.3 * number / frames)
            picture = np.full((size[1], size[0], 3), shade, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode(None))
    return path


def name_of(picture: npt.NDArray[np.uint8]) -> str:
    """The colour that a picture (H×W×3) has in its middle, however dark: its name in `COLOURS`, or black."""
    height, width = picture.shape[:2]
    middle = picture[height // 3 : height * 2 // 3, width // 3 : width * 2 // 3].reshape(-1, 3).mean(0)
    if middle.max() < 40:
        return "black"

    def distance(name: str) -> float:
        return float(np.abs(np.array(COLOURS[name]) / max(COLOURS[name]) - middle / middle.max()).sum())

    return min(COLOURS, key=distance)
