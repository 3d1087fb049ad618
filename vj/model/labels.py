"""The names of a classifier's classes, and the search for the class that a performer means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from vj.base.errors import BadInput

IMAGENET: Final = 1000
"""The number of classes in ImageNet's challenge, which most published classifiers distinguish."""
_LARGEST: Final = 2**20
"""Bytes of the largest list of names that is read."""
_SHOWN: Final = 5
"""Names that an error lists."""
_DIGITS: Final = 5
"""The most digits of a class's number."""


def imagenet(synsets: Path, lemmas: Path) -> tuple[str, ...]:
    """Returns ImageNet's 1000 class names in order, each WordNet's first word for it; names that come twice get a space
    and the class's index, from 0.

    ``synsets`` is a text file of the classes' WordNet numbers, one per line. Each line of the file ``lemmas`` holds a
    number, a tab and its words, separated by commas. Raises BadInput if a file can't be read, isn't UTF-8 or is longer
    than 1 MiB, or if they don't name 1000 classes.
    """
    words = dict(line.partition("\t")[::2] for line in _lines(lemmas))
    names = [words.get(synset, "").partition(",")[0].strip() for synset in _lines(synsets)]
    if len(names) != IMAGENET or not all(names):
        raise BadInput(f"{synsets} and {lemmas} don't name {IMAGENET} classes")
    often = Counter(names)
    return tuple(f"{name} {index}" if often[name] > 1 else name for index, name in enumerate(names))


def from_file(path: Path, classes: int) -> tuple[str, ...]:
    """Returns the names in a text file, one per line, without the spaces around them; empty lines at its end are
    ignored. Raises BadInput, naming the file, if it can't be read, isn't UTF-8, is longer than 1 MiB, or doesn't hold
    exactly ``classes`` lines."""
    names = tuple(line.strip() for line in _lines(path))
    if len(names) != classes:
        raise BadInput(f"{path} names {len(names)} classes; the network tells {classes} apart")
    return names


def index_of(name_or_number: str, labels: Sequence[str]) -> int:
    """Returns the index, from 0, of the one class that is meant: by number, by name in any case, or by a part of its
    name.

    A whole number below the count of ``labels``, of at most five digits, is always an index. Otherwise whole names are
    preferred to beginnings, beginnings to other parts; ``_`` counts as a space. Raises BadInput if several classes fit
    equally well, listing some of them, or if none fits (also for an empty name), with the nearest names.
    """
    wanted = name_or_number.strip()
    if wanted.isdecimal() and (index := int(wanted[:_DIGITS])) < len(labels) and len(wanted) <= _DIGITS:
        return index
    plain, names = _plain(wanted), [_plain(label) for label in labels]
    matches = (
        [index for index, label in enumerate(labels) if label == wanted],
        [index for index, name in enumerate(names) if name == plain],
        [index for index, name in enumerate(names) if name.startswith(plain)],
        [index for index, name in enumerate(names) if plain in name],
    )
    found = next((found for found in matches if found), []) if plain else []
    if len(found) == 1:
        return found[0]
    raise _not_one(wanted, [labels[index] for index in found], labels)


def _not_one(wanted: str, found: Iterable[str], labels: Sequence[str]) -> BadInput:
    """Returns the error for a name that fits several classes (``found``) or none."""
    if several := list(found):
        more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
        return BadInput(f"class {wanted!r} may be any of {', '.join(several[:_SHOWN])}{more}")
    plain = {_plain(label): label for label in labels}
    near = [plain[name] for name in get_close_matches(_plain(wanted), plain, n=_SHOWN)]
    hint = f" (did you mean {', '.join(near)}?)" if near else ""
    return BadInput(f"unknown class {wanted!r}{hint}; choices: 0..{len(labels) - 1}, or a name")


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path} is no list of names: it is longer than {_LARGEST} bytes")
        return path.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text: {error}") from None
