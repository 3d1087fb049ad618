"""What is kept on disk to be made only once: how much it is, and how it goes."""

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
"""The folders of the cache whose files are made again when they are missing, and what is in them."""


def described() -> list[str]:
    """One line: what the cache holds, and what removes it. None where it holds nothing."""
    held = {what: sum(map(_size, _files(name))) for name, what in KINDS.items()}
    total = sum(held.values()) + sum(map(_size, _strangers()))
    if not total:
        return []
    most = max(held, key=lambda what: held[what])
    return [f"the cache {cache()} holds {total / 1e6:.0f} MB, mostly {most}; vj models clean removes it"]


def clean() -> int:
    """Remove it; the bytes that this has freed. Weights that the catalogue knows stay.

    A show that runs goes on, and makes again what it misses.
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
    """Weights of other versions than this one's."""
    known = {asset.path for asset in weights.ASSETS.values()}
    yield from (path for path in _files("weights") if path not in known)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
