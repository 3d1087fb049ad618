"""Reads pictures of any size for a data set: files, several at once, and the frames of films."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from vj.base.clock import LiveClock
from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Picture, Pixels, Size
from vj.base.paths import FILMS, PICTURES
from vj.base.picture import load_picture
from vj.data import svg
from vj.source.files import find_folder, natural

Progress = Callable[[str, float | None], None]
"""Called with what is being done, in words, and the part of it that is done (0..1), or None if that is unknown."""
Job = TypeVar("Job")
Made = TypeVar("Made")

READABLE: Final = (*PICTURES, svg.ENDING)
"""The endings of files that are read as pictures."""
_LONGEST: Final = 4
"""The most that a picture's longer side is kept of, in shorter sides: the rest is cut off on both ends."""
_FPS: Final = 25.0
"""Pictures a second of a film that states no rate."""


class Cover(Size):
    """A box that pictures fill instead of fitting into it: their shorter side gets the length of the box's."""

    def fitted(self, width: int, height: int, multiple: int = 1) -> Size:
        """Returns the size at which a ``width``×``height`` picture just covers the box, also if that enlarges it;
        ``multiple`` is not used."""
        scale = min(self) / min(width, height)
        return Size(*(max(min(self), round(side * scale)) for side in (width, height)))


def covering(picture: Pixels, stored: int) -> Pixels:
    """Returns ``picture`` (uint8 RGB [h, w, 3]) scaled so that its shorter side has ``stored`` pixels, and of a very
    long one only the middle."""
    height, width = picture.shape[:2]
    size = Cover(stored, stored).fitted(width, height)
    scaled = picture if size == (width, height) else resize(picture, size)
    longest = _LONGEST * stored
    top, left = max(0, size.height - longest) // 2, max(0, size.width - longest) // 2
    return np.ascontiguousarray(scaled[top : top + longest, left : left + longest])


def read_picture(path: Path, stored: int) -> Pixels:
    """Returns the picture at ``path``, upright, over white where it is transparent, as `covering` scales it. Raises
    BadInput for a file that can't be read, NotInstalled for a drawing in SVG without what renders it."""
    if path.suffix.lower() == svg.ENDING:
        return covering(svg.read_svg(path, stored), stored)
    return covering(_over_white(load_picture(path, Cover(stored, stored))), stored)


def files_in(folder: Path, endings: Sequence[str] = READABLE) -> list[Path]:
    """Returns the files in ``folder`` that have one of ``endings``, in natural order. Raises BadInput if there is no
    such folder, or no such file in it."""
    find_folder("data", str(folder))
    try:
        found = [path for path in folder.iterdir() if _ends(path, endings)]
    except OSError as error:
        raise BadInput(f"{folder} can't be listed: {error.strerror}") from None
    if not found:
        kinds = "picture or film" if set(FILMS) <= set(endings) else "picture"
        raise BadInput(f"there is no {kinds} in {folder}; choices: files ending in {', '.join(endings)}")
    return sorted(found, key=lambda path: natural(path.name))


def is_picture(path: Path) -> bool:
    """Returns whether ``path`` is a file that ends like a picture; it isn't opened. Hidden files don't count."""
    return _ends(path, READABLE)


def _ends(path: Path, endings: Sequence[str]) -> bool:
    return path.suffix.lower() in endings and not path.name.startswith(".") and path.is_file()


def in_order(work: Callable[[Job], Made], jobs: Iterable[Job]) -> Iterator[tuple[Job, Made | BadInput]]:
    """Yields each of ``jobs`` with what ``work`` makes of it, or with the BadInput that it raised, in their order.
    Several are worked on at once, in threads, and only a few are ahead of the one that is yielded."""

    def attempt(job: Job) -> Made | BadInput:
        try:
            return work(job)
        except BadInput as error:
            return error

    workers = min(8, os.cpu_count() or 1)
    begun: deque[tuple[Job, Future[Made | BadInput]]] = deque()
    with ThreadPoolExecutor(workers, "pictures") as pool:
        try:
            for job in jobs:
                begun.append((job, pool.submit(attempt, job)))
                if len(begun) > 2 * workers:
                    first, future = begun.popleft()
                    yield first, future.result()
            while begun:
                first, future = begun.popleft()
                yield first, future.result()
        finally:
            for _, future in begun:
                future.cancel()


def film_frames(film: Path, stored: int, rate: float, most: int, progress: Progress) -> Iterator[tuple[float, Pixels]]:
    """Yields pictures of the film at ``film`` with their times (s), scaled as `covering` says: ``rate`` a second, or
    fewer where that would be more than ``most``. Damaged pictures are passed over. Raises BadInput for a file that is
    no film."""
    from vj.source.film import Film

    opened = Film(film, Cover(stored, stored), LiveClock(), lambda part, seconds: None, _FPS)
    try:
        period = max(1.0 / rate, opened.length / most)
        time: float | None = opened.start
        due, count = opened.start, 0
        while time is not None and count < most:
            if time >= due:
                yield time, covering(_over_white(opened.picture()), stored)
                count += 1
                due += period * (1 + (time - due) // period)
                progress(
                    f"reading {film.name}", min(1.0, (time - opened.start) / opened.length) if opened.length else None
                )
            time = opened.advance()
        progress(f"reading {film.name}", 1.0)
    finally:
        opened.close()


def _over_white(picture: Picture) -> Pixels:
    if picture.alpha is None:
        return picture.pixels
    alpha = picture.alpha[..., None]
    return np.minimum(picture.pixels, alpha) + (255 - alpha)  # scaling may leave a colour above its alpha
