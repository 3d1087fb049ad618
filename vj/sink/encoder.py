"""The recorder's child process, which encodes H.264 into a fragmented file by PyAV."""

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from vj.base.colour import BT709, LIMITED, matrix_for
from vj.child.frame_queue import FrameQueue
from vj.child.parent_pipe import ParentPipe

LEAST_FREE = 500 << 20
"""Bytes that stay free on the disk. With less, the recording ends (and can be played), and the show goes on."""

_CHECK_EVERY = 60
"""Frames between two looks at the free space."""
_TIMEBASE = 90000
"""Ticks a second in which frames are timed."""
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
_MATROSKA = {"cluster_time_limit": "1000"}
"""Options with which a file plays up to its last whole second, however the recorder ends.

Each part starts with a key frame.
"""


def main(pipe: ParentPipe, path: str, fps: float, queue: dict[str, Any]) -> None:
    """Encode the pictures of ``queue`` into the file ``path`` until the show closes the pipe and the queue is empty.

    ``queue`` is a description by `FrameQueue.describe`, and ``fps`` the usual rate. It tells ``frames``, how many are
    encoded, every 30 frames and at the end. With less than `LEAST_FREE` bytes left on the disk it tells ``error``, and
    ends at once. A file at ``path`` is replaced.
    """
    pictures = FrameQueue.attach(queue)
    with Encoder(Path(path), fps) as encoder:
        while True:
            ending = pipe.stopping.is_set()  # asked before the last look, so that all that is queued is encoded
            entry = pictures.peek()
            if entry is None:
                if ending:
                    break
                time.sleep(0.002)
                continue
            if encoder.count % _CHECK_EVERY == 0 and shutil.disk_usage(Path(path).parent).free < LEAST_FREE:
                pipe.tell(error=f"less than {LEAST_FREE >> 20} MB free on the disk")
                break
            encoder.add(*entry)
            pictures.pop()
            if encoder.count % 30 == 0:
                pipe.tell(frames=encoder.count)
        frames = encoder.count
    pipe.tell(frames=frames)


class ColourConverter:
    """Turns RGB pictures into what H.264 stores, and says in the file which colours these are.

    Without that, players would have to guess, and would take large pictures for BT.709 and small ones for BT.601.
    """

    def __init__(self, width: int, height: int) -> None:
        """``width`` and ``height`` are those of the pictures.

        The attributes of the same names are those of the film: odd sides are cut by one pixel.
        """
        from av.video.reformatter import VideoReformatter

        self.width = width - width % 2
        self.height = height - height % 2
        self._matrix = matrix_for(self.height)
        self._swscale = VideoReformatter()

    def declare(self, stream: Any) -> None:
        """Set size, pixel format and colours of ``stream``, a video stream of PyAV. Call it before its first frame."""
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        codec = stream.codec_context
        codec.colorspace, codec.color_range = self._matrix, LIMITED
        codec.color_primaries = codec.color_trc = BT709

    def frame(self, picture: Any) -> Any:
        """Returns ``picture`` (H×W×4 RGBA or H×W×3 RGB, uint8) as a new yuv420p frame of PyAV, without a time.

        Its values are of limited range (16..235), in the matrix `matrix_for` the height. What is beyond ``width`` and
        ``height`` at the right and at the bottom is cut off; nothing is scaled.
        """
        from av import VideoFrame

        kind = "rgba" if picture.shape[2] == 4 else "rgb24"
        if picture.shape[:2] != (self.height, self.width):
            picture = np.ascontiguousarray(picture[: self.height, : self.width])
        whole = VideoFrame.from_ndarray(picture, format=kind)
        return self._swscale.reformat(whole, format="yuv420p", dst_colorspace=self._matrix, threads=1)


class Encoder:
    """An H.264 film that grows by one picture at a time, each timed by when it was shown. Use as a context manager.

    Leaving it writes what is left and closes the file. Until then the file plays up to its last whole second.
    """

    def __init__(self, path: Path, fps: float) -> None:
        """Open the file ``path``, in the format that its suffix names; a file that is there is replaced.

        ``fps`` is the usual rate, by which key frames are set: one a second. ``count`` is how many pictures were added.
        Raises an error of PyAV if the file can't be opened.
        """
        import av

        whole = _MATROSKA if path.suffix.lower() == ".mkv" else _FRAGMENTED
        self._file = av.open(str(path), "w", options={"flush_packets": "1", **whole})
        self._rate = round(fps) or 1
        self._stream: Any = None
        self._inks: Any = None
        self._first = 0.0
        self._pts = -1
        self.count = 0

    def __enter__(self) -> "Encoder":
        return self

    def __exit__(self, *error: object) -> None:
        if self._stream is not None:
            self._file.mux(self._stream.encode())
        self._file.close()

    def add(self, picture: Any, shown: float) -> None:
        """Add ``picture`` (H×W×4 RGBA or H×W×3 RGB, uint8), which was shown at ``shown`` (monotonic seconds).

        The first picture sets the size of the film (odd sides are cut by one pixel), and its time is the film's
        beginning; all others must have the same size. A picture that isn't later than the one before it is put 1/90000
        s after that one.
        """
        if self._stream is None:
            self._open(picture.shape[1], picture.shape[0])
            self._first = shown
        frame = self._inks.frame(picture)
        self._pts = max(self._pts + 1, round((shown - self._first) * _TIMEBASE))
        frame.pts, frame.time_base = self._pts, self._stream.codec_context.time_base
        self._file.mux(self._stream.encode(frame))
        self.count += 1

    def _open(self, width: int, height: int) -> None:
        from fractions import Fraction

        stream = self._file.add_stream("libx264", rate=self._rate)
        self._inks = ColourConverter(width, height)
        self._inks.declare(stream)
        stream.codec_context.time_base = Fraction(1, _TIMEBASE)
        stream.options = {"preset": "ultrafast", "crf": "18", "g": str(self._rate)}
        self._file.start_encoding()  # now, so that a file that can't be written is known at the first picture
        self._stream = stream
