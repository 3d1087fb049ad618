"""Data sets of what is in a folder or a film: pictures alone, pairs with what a filter makes of them, or two sides."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.base.paths import FILMS
from vj.data.builder import DataPlan, FinishedSet, NewDataSet, begin
from vj.data.collection import Collection
from vj.data.filters import PictureFilter
from vj.data.pictures import READABLE, Progress, files_in, film_frames, in_order, is_picture, read_picture
from vj.source.files import find_file

APART: Final = 0.5
"""Seconds of a film that lie between what is trained on and what is tested."""
_FOLDER_GAP: Final = 2
"""How many pictures in a folder that look like neighbours in a film lie between, for the same reason."""

Sides = Callable[[Pixels], Sequence[Pixels]]
"""Makes the pictures of all sides from one picture."""


def make_from(
    place: Path,
    target: Path,
    plan: DataPlan,
    progress: Progress,
    by: PictureFilter | None = None,
    rate: float = 8.0,
    most: int = 2000,
) -> FinishedSet:
    """Makes the data set ``target`` of the film ``place``, or of the pictures and films in the folder ``place``, and
    returns what was made: pairs of what the filter ``by`` makes of each picture, and the picture; without a filter only
    the pictures.

    Of each film, ``rate`` pictures a second are taken, but at most ``most``; of a folder's pictures the first ``most``.
    Pictures that show the same as another are left out, and files that can't be read. Raises BadInput if nothing can be
    read.
    """
    with begin(target, plan, progress) as new:
        into = filtered_collection(new, by, is_film=_has_films(place), rate=rate)
        gather(new, into, place, sides_of(by, plan), rate, most)
        return finish_filtered(new, by)


def make_two(
    a: Path, b: Path, target: Path, plan: DataPlan, progress: Progress, rate: float = 8.0, most: int = 2000
) -> FinishedSet:
    """Makes the data set ``target`` of the pictures of two films or folders, ``a`` and ``b``, that aren't pairs, and
    returns what was made. The rest is as in `make_from`."""
    with begin(target, plan, progress) as new:
        for letter, place in (("a", a), ("b", b)):
            is_film = _has_films(place)
            into = new.collection(letter, is_film=is_film, gap=gap_of(is_film, rate))
            gather(new, into, place, lambda picture: (picture,), rate, most)
        return new.finish("two")


def gather(new: NewDataSet, into: Collection, place: Path, sides: Sides, rate: float, most: int) -> None:
    """Adds to ``into`` what ``sides`` makes of the pictures in ``place``, a folder or a film; the rest is as in
    `make_from`. Raises BadInput if there is no such film or folder."""
    if not place.is_dir():
        if is_picture(place):
            raise BadInput(f"{place} is a picture; give the folder that it is in, or a film")
        find_file("data", str(place))
        _gather_frames(new, into, place, sides, film_frames(place, new.plan.stored, rate, most, new.progress))
        return
    files = files_in(place, (*READABLE, *FILMS))
    _gather_pictures(new, into, list(filter(is_picture, files))[:most], sides)
    for film in files:
        if not is_picture(film):
            _gather_frames(new, into, film, sides, _readable_frames(new, film, rate, most))


def sides_of(by: PictureFilter | None, plan: DataPlan) -> Sides:
    """Returns what makes the sides of one picture: what the filter ``by`` makes of it, and the picture itself."""
    return lambda picture: (picture,) if by is None else (by.apply(picture, plan.side), picture)


def filtered_collection(new: NewDataSet, by: PictureFilter | None, *, is_film: bool, rate: float) -> Collection:
    """Returns a collection for pairs with the filter ``by``, or for pictures without one; ``rate`` are taken a
    second."""
    letters = ("a",) if by is None else ("a", "b")
    return new.collection(*letters, is_film=is_film, judged=1, gap=gap_of(is_film, rate))


def finish_filtered(new: NewDataSet, by: PictureFilter | None) -> FinishedSet:
    """Finishes a data set of pairs with the filter ``by``, or of pictures without one."""
    return new.finish("pictures") if by is None else new.finish("pairs", by.condition, by.set, filtered=True)


def gap_of(is_film: bool, rate: float) -> int:
    """Returns how many neighbours of a picture that is tested are left out."""
    return math.ceil(APART * rate) if is_film else _FOLDER_GAP


def _has_films(place: Path) -> bool:
    """Returns whether ``place`` is a film, or a folder with one in it."""
    if not place.is_dir():
        return place.is_file()
    return any(path.suffix.lower() in FILMS for path in files_in(place, (*READABLE, *FILMS)))


def _readable_frames(new: NewDataSet, film: Path, rate: float, most: int) -> Iterator[tuple[float, Pixels]]:
    """Yields what `film_frames` does, as far as the film can be read; where it can't, that is noted."""
    try:
        yield from film_frames(film, new.plan.stored, rate, most, new.progress)
    except BadInput as error:
        new.leave_out_broken(error, film.parent)


def _gather_frames(
    new: NewDataSet, into: Collection, film: Path, sides: Sides, frames: Iterable[tuple[float, Pixels]]
) -> None:
    run = len(into.items)
    for time, picture in frames:
        new.add(into, f"{film.stem}-{round(time * 1000):07d}", sides(picture), run)


def _gather_pictures(new: NewDataSet, into: Collection, files: Sequence[Path], sides: Sides) -> None:
    if not files:
        return

    def read(path: Path) -> Sequence[Pixels]:
        return sides(read_picture(path, new.plan.stored))

    folder = files[0].parent
    for number, (path, made) in enumerate(in_order(read, files)):
        new.progress(f"reading {folder}", number / len(files))
        if isinstance(made, BadInput):
            new.leave_out_broken(made, folder)
        else:
            new.add(into, path.stem, made)
    new.progress(f"reading {folder}", 1.0)
