"""Which of a network's layers are its main ones, told from their names alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def main(names: Sequence[str]) -> list[str]:
    """Blocks, not what stands in them: `layer3.2` but neither `layer3` nor `layer3.2.conv1`; in the order given."""
    inside = _children(names)
    return [name for name in names if not _holds_blocks(name, inside) and _reached(name, inside)]


def _children(names: Sequence[str]) -> Mapping[str, list[str]]:
    """The next part of every name below each."""
    found: dict[str, list[str]] = {"": []}
    for name in names:
        parts = name.split(".")
        for depth, part in enumerate(parts):
            below = found.setdefault(".".join(parts[:depth]), [])
            if part not in below:
                below.append(part)
    return found


_LISTS = ("blocks", "layers", "features")
"""What lists of blocks are called that stand beside something else, such as what halves the picture before them."""


def _holds_blocks(name: str, inside: Mapping[str, list[str]]) -> bool:
    """Whether it is a list of blocks: what it holds is numbered, or holds such a list by one of its usual names."""
    below = inside.get(name, [])
    numbered = bool(below) and all(part.isdecimal() for part in below)
    return numbered or any(part in _LISTS and _holds_blocks(f"{name}.{part}", inside) for part in below)


def _reached(name: str, inside: Mapping[str, list[str]]) -> bool:
    """Whether all that it stands in are lists of blocks."""
    parts = name.split(".")
    return all(_holds_blocks(".".join(parts[:depth]), inside) for depth in range(1, len(parts)))
