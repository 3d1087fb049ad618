"""Output files of commands: a file that exists is never replaced unless the user asks for that.

If the user gave a name that is taken, the command refuses it and suggests a free one. If the command chose the name
itself, it takes the next free number.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from typing import TextIO

from vj.base.atomic_file import move
from vj.base.errors import BadInput


def check_writable(path: Path, overwrite: bool = False) -> None:
    """Check that a new file can be written at ``path``. Makes and opens nothing.

    Raises BadInput if there is no folder for it, if it is a folder itself, if this user may not write there or, unless
    ``overwrite`` is true, if it exists. A pipe or a device that exists is accepted.
    """
    if not path.parent.is_dir():
        raise BadInput(f"can't write {str(path)!r}: there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise BadInput(f"can't write {str(path)!r}: it is a folder")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadInput(f"can't write {str(path)!r}: no permission to write there")
    check_free([path], overwrite)


def check_free(paths: Sequence[Path], overwrite: bool = False, instead: Path | None = None) -> None:
    """Check that nothing exists at any of ``paths``; with ``overwrite`` nothing is checked.

    Raises BadInput for the first one at which there is a file, a folder or a broken link (pipes and devices don't
    count), and suggests a free name. That is a variant of ``instead`` if it is given, such as the folder in which all
    of ``paths`` lie; else of the path that is taken.
    """
    taken = [] if overwrite else [path for path in paths if _taken(path)]
    if taken:
        more = f", and {len(taken) - 1} more" if len(taken) > 1 else ""
        free = str(_first_free(islice(_names(instead or taken[0]), 1, None)))
        raise BadInput(
            f"{str(taken[0])!r} exists already{more}; write to another name, such as {free!r}, or use --overwrite"
        )


def free_name(path: Path) -> Path:
    """Returns ``path`` if nothing is there, else the first free one of ``NAME-2``, ``NAME-3`` and so on beside it.

    The number stands before the suffix: ``show-2.mp4``. Nothing is made, so another program may still take the name.
    """
    return _first_free(_names(path))


def open_free(path: Path) -> TextIO:
    """Make a new text file (UTF-8) at ``path`` or, if that is taken, at ``NAME-2``, ``NAME-3`` and so on.

    Returns it open for writing; its ``name`` says which path it got. A pipe or a device at ``path`` is opened as it is.
    Two processes that call this at the same moment get two files. Raises OSError, also if ``path`` is a folder.
    """
    if path.exists() and not path.is_file():
        return path.open("w", encoding="utf-8")
    for name in _names(path):
        try:
            return name.open("x", encoding="utf-8")
        except FileExistsError:
            continue
    raise AssertionError("names never end")


def save_text(path: Path, text: str, overwrite: bool = False) -> Path:
    """Write ``text`` (as UTF-8) to ``path``. Returns the path that was written.

    Without ``overwrite`` a file that exists is left alone, and the next free name is written as in `open_free`. With
    ``overwrite`` it is replaced, not atomically. Raises BadInput when that fails.
    """
    try:
        with path.open("w", encoding="utf-8") if overwrite else open_free(path) as file:
            file.write(text)
            return Path(file.name)
    except OSError as error:
        raise BadInput(f"can't write {str(path)!r}: {error.strerror}") from None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the ``with`` block the path of a temporary file, which the block must write itself.

    That is ``.STEM.partSUFFIX`` in the folder of ``path``, with the same suffix. It is renamed to ``path``, replacing
    what is there, when the block ends without an error; it is removed when the block raises one, and ``path`` stays as
    it was. Raises OSError, also if the block wrote no file. Only one block at a time may write a ``path``.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        move(part, path)
    finally:
        part.unlink(missing_ok=True)


def _taken(path: Path) -> bool:
    """Returns whether writing to ``path`` would destroy something. Pipes and devices hold nothing."""
    return os.path.lexists(path) and (path.is_file() or path.is_dir() or not path.exists())


def _first_free(names: Iterable[Path]) -> Path:
    return next(name for name in names if not os.path.lexists(name))


def _names(path: Path) -> Iterator[Path]:
    return chain((path,), (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2)))
