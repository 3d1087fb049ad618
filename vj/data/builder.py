"""Writes a data set so that it is whole or not there: aside, in a hidden folder, which gets its name at the end."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from vj import __version__
from vj.base.atomic_file import move
from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.base.new_file import free_name
from vj.data.collection import NEW, Collection
from vj.data.description import FILE, TEST, TRAIN, Description, Kind
from vj.data.filters import PictureFilter
from vj.data.pictures import Progress
from vj.data.sheet import draw_sheet
from vj.data.split import BETWEEN
from vj.params.param import Value

SHEET: Final = "sheet.jpg"
LEFT_OUT: Final = "left-out.txt"
BROKEN, DUPLICATES, UNPAIRED, SHAPES, ALIKE = "broken", "duplicates", "unpaired", "shapes", "alike"
"""Why something is left out, beside `BETWEEN`."""
_REASONS: Final = {
    BROKEN: "can't be read",
    UNPAIRED: "have no partner",
    SHAPES: "differ in shape from their partner",
    DUPLICATES: "are there already",
    ALIKE: "show the same on both sides",
    BETWEEN: "are too near to what is tested",
}
_MOST_NAMED: Final = 5
"""How many of the files that were left out for a reason are named in a message."""
_MARGIN: Final = 9 / 8
"""The shorter side of a stored picture, in sides of the square that is cut out of it."""


@dataclass(frozen=True)
class DataPlan:
    """What is wished of a new data set, whatever it is made from.

    ``side`` are the pixels of the squares to train on, ``test`` is the share (below 1) or the number of those for the
    test, ``seed`` decides which. ``licence`` and ``credit`` are those of the pictures, ``command`` is the one that
    makes the set.
    """

    side: int = 256
    test: float = 0.1
    seed: int = 0
    licence: str = ""
    credit: str = ""
    command: str = ""

    @property
    def stored(self) -> int:
        """Returns the pixels of the shorter side of the files, an eighth more than ``side``, so that there is room to
        crop."""
        return round(self.side * _MARGIN)


@dataclass(frozen=True)
class FinishedSet:
    """A data set that was made: its folder, what it says of itself, and what was left out, with the reasons."""

    folder: Path
    description: Description
    left_out: dict[str, list[str]]

    def lines(self) -> list[str]:
        """Returns what was made, in lines for the user."""
        about = self.description
        things = {"pairs": "pairs", "two": "pictures", "pictures": "pictures"}[about.kind]

        def counted(part: dict[str, int]) -> str:
            return f"{part['a']} and {part['b']}" if about.kind == "two" else f"{part['a']}"

        made = f"{counted(about.train)} {things} to train on, {counted(about.test)} to test, {about.side} pixels a side"
        left = [f"left out: {_named(reason, what)}" for reason, what in self.left_out.items() if what]
        more = [f"each is listed in {self.folder / LEFT_OUT}"] if left else []
        return [f"{self.folder}: {made}", *left, *more, f"look at {self.folder / SHEET}"]


@dataclass
class NewDataSet:
    """A data set that is being written, in the hidden folder ``part``; `begin` makes one."""

    folder: Path
    part: Path
    plan: DataPlan
    progress: Progress
    left_out: dict[str, list[str]] = field(default_factory=lambda: {reason: [] for reason in _REASONS})
    _collections: list[tuple[Collection, Sequence[str], int]] = field(default_factory=list)

    def collection(self, *letters: str, is_film: bool = False, judged: int | None = None, gap: int = 2) -> Collection:
        """Returns a new collection for the folders ``letters``. ``gap`` is how many neighbours of what is tested are
        left out; the rest is as in `Collection`."""
        made = Collection(self.part, letters, is_film, judged or len(letters))
        self._collections.append((made, letters, gap))
        return made

    def leave_out(self, reason: str, what: str) -> None:
        """Notes that ``what``, a file's name with details, is left out for ``reason``."""
        self.left_out[reason].append(what)

    def leave_out_broken(self, error: BadInput, folder: Path) -> None:
        """Notes that a file in ``folder`` is left out because it can't be read, as ``error`` says. The folder's own
        path is not kept: it says nothing on another machine."""
        self.leave_out(BROKEN, str(error).replace(f"{folder}{os.sep}", ""))

    def add(self, into: Collection, name: str, pictures: Sequence[Pixels], run: int | None = None) -> None:
        """Adds ``pictures`` to the collection ``into`` as `Collection.add` does, and notes duplicates. Raises BadInput
        if they can't be written."""
        with _writing(self.folder):
            same = into.add(name, pictures, run)
        if same is not None:
            self.leave_out(DUPLICATES, f"{name}: the same as {same}")

    def finish(
        self, kind: Kind, condition: str = "", settings: Mapping[str, Value] | None = None, *, filtered: bool = False
    ) -> FinishedSet:
        """Chooses what is tested, writes the description, the sheet and the list of what was left out, and gives the
        folder its name. Returns what was made. ``condition`` and ``settings`` say what a live picture goes through to
        look like those of ``a``, ``filtered`` that each picture of ``a`` was made so from that of ``b``.

        Raises BadInput if there is nothing to train on, if the name is taken meanwhile, and if something can't be
        written; then `begin` removes everything.
        """
        for collection, letters, _ in self._collections:
            if not collection.items:
                raise BadInput(f"there is nothing to train on in {' and '.join(letters)}{self._why()}")
        with _writing(self.folder):
            counts: dict[str, dict[str, int]] = {TRAIN: {}, TEST: {}}
            for collection, letters, gap in self._collections:
                found, between = collection.part(self.plan.test, self.plan.seed, gap)
                self.left_out[BETWEEN] += between
                for part in (TRAIN, TEST):
                    counts[part].update(dict.fromkeys(letters, found.get(part, 0)))
            shutil.rmtree(self.part / NEW)
            about = self._described(kind, counts, PictureFilter("", condition, settings or {}), filtered)
            self._list()
            draw_sheet(self.part, about, self.part / SHEET, self.progress)
            (self.part / FILE).write_text(about.written(), encoding="utf-8", newline="\n")
            check_new(self.folder)
            move(self.part, self.folder)
        return FinishedSet(self.folder, about, self.left_out)

    def _described(
        self, kind: Kind, counts: Mapping[str, dict[str, int]], by: PictureFilter, filtered: bool
    ) -> Description:
        return Description(
            kind=kind,
            side=self.plan.side,
            stored=self.plan.stored,
            seed=self.plan.seed,
            command=self.plan.command,
            version=__version__,
            licence=self.plan.licence,
            credit=self.plan.credit,
            condition=by.condition,
            filtered=filtered,
            set=dict(by.set),
            train=counts[TRAIN],
            test=counts[TEST],
            left_out={reason: len(what) for reason, what in self.left_out.items() if what},
        )

    def _why(self) -> str:
        named = "; ".join(_named(reason, what) for reason, what in self.left_out.items() if what)
        return f": {named}" if named else ""

    def _list(self) -> None:
        lines = [f"{what} ({_REASONS[reason]})" for reason, names in self.left_out.items() for what in names]
        if lines:
            (self.part / LEFT_OUT).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


@contextmanager
def begin(folder: Path, plan: DataPlan, progress: Progress) -> Iterator[NewDataSet]:
    """Gives the ``with`` block a new data set, which it fills and finishes; ``folder`` is there only once it is
    finished. If the block raises, or is interrupted, nothing is left; if the process is killed, a hidden folder beside
    it is, which the next attempt with the same name removes.

    Raises BadInput if ``folder`` exists, can't be written, or is being made by another process.
    """
    check_new(folder)
    part = folder.with_name(f".{folder.name}.part")
    with _locked(folder):
        with _writing(folder):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
        try:
            yield NewDataSet(folder, part, plan, progress)
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps other processes from making ``folder`` during the ``with`` block. Raises BadInput if one does already."""
    place = folder.with_name(f".{folder.name}.lock")
    lock = FileLock(place)
    with _writing(folder):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise BadInput(f"another vj data is making {str(folder)!r} now") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes it when it is released
            place.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Makes the errors of files that can't be written in the ``with`` block BadInput for the user."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"can't write the data set {str(folder)!r}: {error.strerror or error}") from None


def check_new(folder: Path) -> None:
    """Raises BadInput if there is something at ``folder``, naming a free name, or no folder to make it in."""
    if os.path.lexists(folder):
        raise BadInput(
            f"{str(folder)!r} exists already, and no data set is overwritten; another name: {str(free_name(folder))!r}"
        )
    if not folder.parent.is_dir():
        raise BadInput(f"can't make {str(folder)!r}: there is no folder {str(folder.parent)!r}")


def _named(reason: str, what: Sequence[str]) -> str:
    """Returns how many were left out for ``reason``, and the first few of them if something is wrong with them."""
    counted = f"{len(what)} that {_REASONS[reason]}"
    if reason not in (BROKEN, UNPAIRED, SHAPES):
        return counted
    more = f" and {len(what) - _MOST_NAMED} more" if len(what) > _MOST_NAMED else ""
    return f"{counted} ({', '.join(what[:_MOST_NAMED])}{more})"
