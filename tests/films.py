"""Short films of one colour, in the sizes and codecs that a test wants, and a stream of one."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
    "orange": (240, 120, 20),
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


@contextlib.contextmanager
def streamed(colour: str) -> Iterator[str]:
    """The address of a stream of ``colour`` that a process of its own sends in real time, as a network camera does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{probe.getsockname()[1]}"
    code = f"from tests.films import send; send({address!r}, {colour!r})"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        yield address
    finally:
        process.kill()
        process.wait()


def send(address: str, colour: str, size: tuple[int, int] = (320, 240), fps: int = 25) -> None:
    """Send pictures of ``colour`` to ``address`` for ever."""
    with av.open(f"{address}?pkt_size=1316", "w", format="mpegts") as film:
        stream = film.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "tune": "zerolatency", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), COLOURS[colour], np.uint8), format="rgb24")
        began = time.monotonic()
        for number in range(1 << 30):
            picture.pts = number
            film.mux(stream.encode(picture))
            time.sleep(max(0.0, began + number / fps - time.monotonic()))
