"""Data sets of pairs that people have: two folders with the same names, or files with both pictures side by side."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.data.builder import SHAPES, UNPAIRED, DataPlan, FinishedSet, NewDataSet, begin
from vj.data.collection import Collection
from vj.data.pictures import READABLE, Progress, covering, files_in, in_order, is_picture, read_picture
from vj.source.files import find_folder, natural

_PARTS: Final = (".", "train", "val", "test")
"""The folders in which files with two pictures side by side are looked for: published sets have such parts."""
_BROAD: Final = 1.9
"""How many times as wide as high two pictures side by side are at least."""
_ALIKE: Final = 0.02
"""By which part of itself a picture may be longer than its partner; both then get one shape."""
_SOME: Final = 3
"""How many names a message gives as examples."""


class _Pair(NamedTuple):
    """The files of a pair; without ``b`` both pictures are in ``a``, side by side."""

    a: Path
    b: Path | None


def make_pairs(folder: Path, target: Path, plan: DataPlan, progress: Progress, swap: bool = False) -> FinishedSet:
    """Makes the data set ``target`` of the pairs in ``folder``, and returns what was made.

    These are the pictures with the same names in its folders ``a`` and ``b``, whatever their endings. Without such
    folders they are the two halves of each picture in it and in its folders ``train``, ``val`` and ``test``, which
    become one set. ``swap`` exchanges the sides. Files that can't be read, and those without a partner of the same
    shape, are left out. Raises BadInput if no pair is found, naming examples.
    """
    pairs, unpaired = _find(folder)
    with begin(target, plan, progress) as new:
        for one in unpaired:
            new.leave_out(UNPAIRED, one)
        into = new.collection("a", "b")
        for number, (pair, read) in enumerate(in_order(lambda pair: _read(pair, plan.stored), pairs)):
            progress(f"reading {folder}", number / len(pairs))
            if isinstance(read, BadInput):
                new.leave_out_broken(read, folder)
            else:
                _add(new, into, pair, read[::-1] if swap else read)
        progress(f"reading {folder}", 1.0)
        return new.finish("pairs")


def _add(new: NewDataSet, into: Collection, pair: _Pair, read: tuple[Pixels, Pixels]) -> None:
    a, b = read
    if any(abs(one - other) > _ALIKE * max(one, other) for one, other in zip(a.shape, b.shape, strict=True)):
        shapes = f"{a.shape[1]}x{a.shape[0]} and {b.shape[1]}x{b.shape[0]}"
        new.leave_out(SHAPES, f"{pair.a.name}: scaled alike they are {shapes}")
        return
    new.add(into, pair.a.stem, (a if a.shape == b.shape else resize(a, Size(b.shape[1], b.shape[0])), b))


def _read(pair: _Pair, stored: int) -> tuple[Pixels, Pixels]:
    """Returns both pictures. Raises BadInput."""
    if pair.b:
        return read_picture(pair.a, stored), read_picture(pair.b, stored)
    both = read_picture(pair.a, 2 * stored)
    height, width = both.shape[:2]
    if width < _BROAD * height:
        raise BadInput(f"{pair.a} isn't two pictures side by side: it is {width / height:.2f} times as wide as high")
    half = width // 2
    return covering(both[:, :half], stored), covering(both[:, width - half :], stored)


def _find(folder: Path) -> tuple[list[_Pair], list[str]]:
    """Returns the pairs in ``folder``, and the files without a partner. Raises BadInput if there is no pair."""
    find_folder("data", str(folder))
    below = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_dir()}
    if "a" in below and "b" in below:
        return _with_partners(below["a"], below["b"])
    if "a" in below or "b" in below:
        raise BadInput(f"{folder} has only one of the folders a and b")
    pairs = [_Pair(path, None) for path in _side_by_side(folder)]
    if not pairs:
        endings = ", ".join(READABLE)
        raise BadInput(
            f"there are no pairs in {folder}: neither folders a and b, nor pictures side by side, ending in {endings}"
        )
    return pairs, []


def _side_by_side(folder: Path) -> Iterator[Path]:
    for part in _PARTS:
        place = folder / part
        if place.is_dir():
            yield from sorted(filter(is_picture, place.iterdir()), key=lambda path: natural(path.name))


def _with_partners(a: Path, b: Path) -> tuple[list[_Pair], list[str]]:
    """Returns the pictures with the same name in both folders, and those in only one. Raises BadInput if there are
    none in both."""
    left, right = ({path.stem: path for path in files_in(folder)} for folder in (a, b))
    pairs = [_Pair(path, right[stem]) for stem, path in left.items() if stem in right]
    alone = [f"{path.parent.name}/{path.name}" for path in (*left.values(), *right.values())]
    paired = left.keys() & right.keys()
    unpaired = [name for name in alone if Path(name).stem not in paired]
    if not pairs:
        first, second = (", ".join(path.name for path in list(side.values())[:_SOME]) for side in (left, right))
        raise BadInput(f"no picture in {a} has the same name as one in {b}: {first} ...; {second} ...")
    return pairs, unpaired
