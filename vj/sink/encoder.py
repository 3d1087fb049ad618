"""The recorder's child process: H.264 into a fragmented file, by PyAV."""

import shutil
import time
from pathlib import Path
from typing import Any

from vj.child.link import Link
from vj.frame.queue import FrameQueue

LEAST_FREE = 500 << 20
"""Bytes that stay free on the disk: below, the recording ends (playable) and the show goes on."""

_CHECK_EVERY = 60
_TIMEBASE = 90000


def main(link: Link, path: str, fps: float, queue: dict[str, Any]) -> None:
    """Encode what comes through ``queue`` until the show closes it."""
    pictures = FrameQueue.attach(queue)
    with Encoder(Path(path), fps) as encoder:
        while True:
            entry = pictures.peek()
            if entry is None:
                if link.stopping.is_set():
                    break
                time.sleep(0.002)
                continue
            if encoder.count % _CHECK_EVERY == 0 and shutil.disk_usage(Path(path).parent).free < LEAST_FREE:
                link.tell(error=f"less than {LEAST_FREE >> 20} MB free on the disk")
                break
            encoder.add(*entry)
            pictures.pop()
            if encoder.count % 30 == 0:
                link.tell(frames=encoder.count)
        frames = encoder.count
    link.tell(frames=frames)


class Encoder:
    """A film file that grows by one picture at a time, timed by when each was shown."""

    def __init__(self, path: Path, fps: float) -> None:
        import av

        self._av = av
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if path.suffix.lower() != ".mkv" else {}
        self._file = av.open(str(path), "w", options=options)
        self._rate = round(fps) or 1
        self._stream: Any = None
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
        """``picture``: H×W×4 RGBA uint8 or H×W×3 RGB; ``shown``: monotonic seconds."""
        kind = "rgba" if picture.shape[2] == 4 else "rgb24"
        if self._stream is None:
            self._open(picture.shape[1], picture.shape[0])
            self._first = shown
        frame = self._av.VideoFrame.from_ndarray(picture, format=kind)
        self._pts = max(self._pts + 1, round((shown - self._first) * _TIMEBASE))
        frame.pts, frame.time_base = self._pts, self._stream.codec_context.time_base
        self._file.mux(self._stream.encode(frame))
        self.count += 1

    def _open(self, width: int, height: int) -> None:
        from fractions import Fraction

        stream = self._file.add_stream("libx264", rate=self._rate)
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TIMEBASE)
        stream.options = {"preset": "ultrafast", "crf": "18"}
        self._stream = stream
