"""Where rendered pictures go: a film, or a folder of PNG files."""

import os
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.new_file import check_free, check_writable, whole_file
from vj.sink.encoder import ColourConverter
from vj.sink.recorder import SUFFIXES

_H264 = {"preset": "medium", "crf": "14", "x264-params": "mbtree=0"}
"""Options of the encoder.

With macroblock trees (``mbtree``) x264 writes the same pictures differently each time, even with one thread.
"""
_THREADS = 4
"""The encoder's threads. The file depends on their number, so it is the same on every machine."""
_LONGEST_TICK = 1001
"""The largest denominator of a rate: rates such as 30000/1001 are then exact."""
_DIGITS = 6
"""Digits of the number that a picture in a folder is named by."""


class RenderOutput(Protocol):
    """Takes rendered pictures. A Protocol: `FilmOutput` and `FolderOutput` define its methods.

    Use as a context manager: a film only has its name once the block has ended without an error.
    """

    def add(self, picture: Pixels) -> None:
        """Write the next picture: H×W×3 uint8, RGB, top row first, of the size that the output was opened for.

        It isn't kept or changed. Raises BadInput when it can't be written.
        """
        ...

    def __enter__(self) -> "RenderOutput": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


def open_output(path: Path, size: Size, fps: float, overwrite: bool = False) -> RenderOutput:
    """Returns a film at a ``path`` that ends in .mp4, .mov or .mkv, or a folder of pictures at one without an ending or
    where there is a folder. ``size`` is that of the pictures and ``fps`` their rate; a folder needs neither.

    Raises BadInput for another ending, and if it can't be written there. Raises it for an existing film, or a folder
    with something in it, too, unless ``overwrite`` is true: then the film is replaced in the end, or the folder's
    numbered pictures are removed at once.
    """
    if path.suffix.lower() in SUFFIXES and not path.is_dir():
        return FilmOutput(path, size, fps, overwrite)
    if path.suffix and not path.is_dir():
        choices = f"a file ending in {', '.join(SUFFIXES)}, or a folder"
        raise BadInput(f"can't render to {str(path)!r}; choices: {choices}")
    return FolderOutput(path, overwrite)


class FilmOutput:
    """An H.264 film at a constant rate. It has a temporary name until it is whole; after an error it is removed."""

    def __init__(self, path: Path, size: Size, fps: float, overwrite: bool = False) -> None:
        """Open the temporary file beside ``path``; pictures have ``size``, of which odd sides are cut to even numbers.

        Raises BadInput if ``path`` can't be written, or exists and ``overwrite`` is false.
        """
        import av
        import av.error

        check_writable(path, overwrite)
        self._path = path
        self._closing = ExitStack()
        try:
            self._file: Any = av.open(str(self._closing.enter_context(whole_file(path))), "w")
        except (av.error.FFmpegError, OSError) as error:
            raise BadInput(f"can't render to {str(path)!r}: {error}") from None
        self._closing.callback(self._file.close)
        self._inks = ColourConverter(*size)
        rate = Fraction(fps).limit_denominator(_LONGEST_TICK)
        self._stream = self._file.add_stream("libx264", rate=rate, options=_H264)
        self._inks.declare(self._stream)
        self._stream.codec_context.time_base = self._tick = 1 / rate
        self._stream.codec_context.thread_count = _THREADS
        self._count = 0

    def add(self, picture: Pixels) -> None:
        """Encode the next picture: H×W×3 uint8, RGB, top row first, of the size that the film was opened for. It isn't
        kept or changed. Raises BadInput when it can't be written."""
        frame = self._inks.frame(picture)
        frame.pts, frame.time_base = self._count, self._tick
        self._write(frame)
        self._count += 1

    def __enter__(self) -> "FilmOutput":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not error:
            self._closing.callback(self._write, None)  # runs first: callbacks run in reverse order
        self._closing.__exit__(kind, error, at)

    def _write(self, frame: Any) -> None:
        try:
            self._file.mux(self._stream.encode(frame))
        except OSError as error:
            raise BadInput(f"can't render to {str(self._path)!r}: {error}") from None


class FolderOutput:
    """A folder of lossless pictures: ``000000.png`` and so on, each written at once."""

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        """Make the folder ``path`` unless it is there, and remove pictures that are in it and named by six digits.

        Its parent must exist. Raises BadInput if it can't be written, or if there is anything in it and ``overwrite``
        is false. The end of the block that uses this removes the folder again if nothing was written and nothing lies
        in it.
        """
        _check(path.parent)
        self._path = path
        self._count = 0
        try:
            path.mkdir(exist_ok=True)
            check_free(list(path.iterdir()), overwrite, instead=path)
            _check(path)
            for picture in path.glob(f"{'[0-9]' * _DIGITS}.png"):
                picture.unlink()  # those beyond the new last one would seem to belong to it
        except OSError as error:
            raise BadInput(f"can't render to {str(path)!r}: {error.strerror}") from None

    def add(self, picture: Pixels) -> None:
        """Write the next picture, H×W×3 uint8, RGB, as a PNG named by its number from 0 in six digits; any size will
        do. Raises BadInput when it can't be written."""
        from PIL import Image

        try:
            Image.fromarray(picture).save(self._path / f"{self._count:0{_DIGITS}d}.png", compress_level=1)
        except OSError as error:
            raise BadInput(f"can't render to {str(self._path)!r}: {error}") from None
        self._count += 1

    def __enter__(self) -> "FolderOutput":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove the folder if it is empty. Pictures that were written are whole, whatever happened."""
        if not self._count and not any(self._path.iterdir()):
            self._path.rmdir()


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise BadInput(f"can't render to {str(folder)!r}: there is no such folder")
    if not os.access(folder, os.W_OK):
        raise BadInput(f"can't render to {str(folder)!r}: no permission to write there")
