"""The caches of what is made only once, such as compiled networks: how large they are, and their removal."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from vj.base.paths import cache
from vj.model.files import weights

KINDS: Final = {
    "openvino": "compiled networks",
    "onnx": "exported networks",
    "tensorrt": "networks compiled for cards",
    "ranges": "ranges for 8 bits",
    "runtime": "verdicts on the fastest way",
    "sizes": "processing sizes",
    "looks": "what model files are",
    "gradients": "what layers look like",
}
"""Folders of the cache whose files are made again when they are missing, and the words for their content."""


def described() -> list[str]:
    """Returns one line that says how many MB of files can be removed from the cache, mostly of which kind, and by which
    command; an empty list if there are none. Counted are the folders in `KINDS`, and weights that this version's
    catalogue doesn't know; the catalogue's own weights are not."""
    held = {what: sum(map(_size, _files(name))) for name, what in KINDS.items()}
    total = sum(held.values()) + sum(map(_size, _strangers()))
    if not total:
        return []
    most = max(held, key=lambda what: held[what])
    return [f"the cache {cache()} holds {total / 1e6:.0f} MB, mostly {most}; vj models clean removes it"]


def clean() -> int:
    """Removes the files in the cache's folders in `KINDS`, and cached weights that this version's catalogue doesn't
    know. Returns how many bytes that freed. The catalogue's own weights stay, as do files that can't be removed, such
    as files in use on Windows.

    A show that is running goes on, and makes missing files again.
    """
    freed = 0
    for path in (*(path for name in KINDS for path in _files(name)), *_strangers()):
        size = _size(path)
        with suppress(OSError):  # in use, on Windows
            path.unlink()
            freed += size
    return freed


def _files(folder: str) -> Iterator[Path]:
    yield from (path for path in cache(folder).rglob("*") if path.is_file())


def _strangers() -> Iterator[Path]:
    """Yields cached weights that this version's catalogue doesn't know, such as those of other versions."""
    known = {asset.path for asset in weights.ASSETS.values()}
    yield from (path for path in _files("weights") if path not in known)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
