"""Records what the display shows: pictures go through a queue to an encoder in a process of its own.

The loop only copies a picture into shared memory. When the encoder falls behind, pictures are dropped and counted. When
it dies, the file so far can be played (it is fragmented), and the show goes on.
"""

import time
from pathlib import Path
from typing import Any

from vj.base import clock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.new_file import check_writable
from vj.child.frame_queue import FrameQueue
from vj.child.process import ChildSpec, OsProcess
from vj.gl.canvas import Canvas, Readback

SUFFIXES = (".mp4", ".mov", ".mkv")
"""The endings of files that can be recorded."""

_QUEUE_BYTES = 96 << 20
"""About how much memory the queue takes."""
_PATIENCE = 20.0
"""Seconds that the encoder gets at the end to write what is queued."""


def check_path(path: Path, overwrite: bool = False) -> None:
    """Check that a recording can be written to ``path``. Makes nothing.

    Raises BadInput if its ending isn't one of `SUFFIXES`, if its folder is missing or can't be written to or, unless
    ``overwrite`` is true, if the file exists.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"can't record to {str(path)!r}; choices: a file ending in {', '.join(SUFFIXES)}")
    check_writable(path, overwrite)


class Recorder:
    """A sink (`vj.sink.surface.Sink`) that records every picture into the film ``path``, at the canvas's size.

    Odd sides are cut by one pixel, and there is no sound. `take_frame`, `notice` and `report` never wait for the
    encoder. If the encoder ends early, the recording ends, and the show goes on; `notice` says why.
    """

    def __init__(self, path: Path, canvas: Canvas, fps: float, overwrite: bool = False) -> None:
        """Start the encoder, whose file has a picture for each `take_frame` with this ``canvas``.

        ``fps`` is the usual rate, by which key frames are set. Raises BadInput for a ``path`` that can't be recorded
        to, and for an existing one unless ``overwrite``; OSError or RuntimeError if no process can be started.
        """
        check_path(path, overwrite)
        self.path = path
        self._queue = _queue_for(canvas.size)
        self._readback = Readback(canvas)
        self._shown = 0.0
        self._closed = self._ended = False
        self._lost = 0
        self._said: dict[str, Any] = {}
        config = {"path": str(path), "fps": fps, "queue": self._queue.describe()}
        self._process = OsProcess(
            ChildSpec("recorder", "vj.sink.encoder:main", config, self._queue.fds, nice=10, grace=_PATIENCE)
        )

    def take_frame(self, canvas: Canvas, now: float) -> None:
        """Queue the previous picture, and ask the GPU for a copy of this one, which gets the time ``now`` in the film.

        Each picture thus reaches the encoder at the next call, or in `close`. ``canvas`` isn't looked at: the copy is
        of the canvas that the recorder was made with. A picture for which the queue has no place is dropped and
        counted.
        """
        self._listen()
        self._queue_pending()
        self._readback.ask_for_copy()
        self._shown = now

    def notice(self) -> str:
        """Returns a line: the file's name with the counts of encoded and dropped pictures, or why recording stopped."""
        self._listen()
        if self._said.get("error"):
            return f"recording stopped: {self._said['error']}"
        return f"recording {self.path.name} {self._queue.taken} frames, dropped {self._queue.dropped}"

    def report(self) -> dict[str, object]:
        """Returns ``path`` (a text), ``frames`` (encoded ones), ``dropped``, and ``error``: why it stopped, or None."""
        self._listen()
        return {
            "path": str(self.path),
            "frames": self._queue.taken,
            "dropped": self._queue.dropped + self._lost,
            "error": self._said.get("error"),
        }

    def close(self) -> None:
        """Queue the last picture, and wait until the encoder has finished, at most 20 s; then it is killed.

        Harmless a second time. `report` still works afterwards.
        """
        if self._closed:
            return
        self._queue_pending()
        self._process.ask_to_stop()
        deadline = clock.now() + _PATIENCE
        while self._process.exit_status() is None and clock.now() < deadline:
            self._listen()
            time.sleep(0.01)
        self._listen()
        self._process.kill()
        self._closed = True
        self._queue.close()

    def _queue_pending(self) -> None:
        if not self._readback.pending:
            return
        if self._ended:
            self._lost += 1
            return
        into = self._queue.offer()
        if into is not None:
            self._readback.copy_into(into.data)
            self._queue.push(self._shown)

    def _listen(self) -> None:
        if self._closed:
            return
        status = self._process.exit_status()  # asked first, so that no last message is missed
        for message in self._process.messages():
            self._said.update(message)
        self._ended = status is not None
        if status:
            self._said.setdefault("error", f"the encoder ended with status {status}")


def _queue_for(size: Size) -> FrameQueue:
    depth = _QUEUE_BYTES // (size.width * size.height * 4)
    return FrameQueue(size.height, size.width, 4, max(4, min(64, depth)))
