"""Finds a network's main layers by their names alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def main(names: Sequence[str]) -> list[str]:
    """Returns those of ``names`` that are blocks, without what is inside the blocks, in the given order.

    ``names`` are torch's dotted names of modules. Of ``layer3``, ``layer3.2`` and ``layer3.2.conv1``, ``layer3.2`` is
    returned, because ``layer3`` is a list of blocks: its parts are numbered. Names outside any list, such as ``conv1``,
    are returned too.
    """
    inside = _children(names)
    return [name for name in names if not _holds_blocks(name, inside) and _reached(name, inside)]


def _children(names: Sequence[str]) -> Mapping[str, list[str]]:
    """Returns, for each name, the next part of all names below it."""
    found: dict[str, list[str]] = {"": []}
    for name in names:
        parts = name.split(".")
        for depth, part in enumerate(parts):
            below = found.setdefault(".".join(parts[:depth]), [])
            if part not in below:
                below.append(part)
    return found


_LISTS = ("blocks", "layers", "features")
"""The usual names of lists of blocks that stand beside something else, such as a layer before them that halves the
picture."""


def _holds_blocks(name: str, inside: Mapping[str, list[str]]) -> bool:
    """Returns whether ``name`` is a list of blocks: its parts are numbered, or a part with a usual name is such a
    list."""
    below = inside.get(name, [])
    numbered = bool(below) and all(part.isdecimal() for part in below)
    return numbered or any(part in _LISTS and _holds_blocks(f"{name}.{part}", inside) for part in below)


def _reached(name: str, inside: Mapping[str, list[str]]) -> bool:
    """Returns whether everything around ``name`` is a list of blocks."""
    parts = name.split(".")
    return all(_holds_blocks(".".join(parts[:depth]), inside) for depth in range(1, len(parts)))
