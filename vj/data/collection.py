"""Collects the pictures of a new data set: gives them names, finds duplicates, chooses which are for the test."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from vj.base.frame import Pixels
from vj.data.description import TEST, TRAIN
from vj.data.likeness import Seen, Thumbnail, are_near, thumbnail
from vj.data.png import write_png
from vj.data.split import BETWEEN, split, wanted_for_test

NEW: Final = "new"
"""The folder of pictures of which it isn't decided yet what they are for."""
_TOLERANCE: Final = {False: 8.0, True: 4.0}
"""The grey levels by which no part of two pictures differs that count as the same: pictures of their own, and those of
one film, which only counts as standing still."""
_SETTLED: Final = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)))
"""Names that Windows takes for devices."""


class _Item(NamedTuple):
    name: str
    run: int
    key: bytes


class Collection:
    """Pictures, or pairs of them, on their way into the folders ``letters`` of a new data set.

    Each is compared with all before it, and written at once; which are for the test is chosen at the end.
    """

    def __init__(self, part: Path, letters: Sequence[str], is_film: bool, judged: int) -> None:
        """``part`` is the hidden folder. Of each pair the last ``judged`` pictures say whether it is a duplicate.
        ``is_film`` is whether the pictures are neighbours in time."""
        self._part = part
        self._letters = letters
        self._judged = judged
        self._seen = Seen(_TOLERANCE[is_film])
        self._last: Thumbnail | None = None
        self.items: list[_Item] = []
        self._names: set[str] = set()
        for letter in letters:
            for folder in (NEW, TRAIN, TEST):
                (part / folder / letter).mkdir(parents=True, exist_ok=True)

    def add(self, name: str, pictures: Sequence[Pixels], run: int | None = None) -> str | None:
        """Writes ``pictures``, one for each letter, under ``name`` or one like it. Returns None, or the name under
        which nearly the same ones are there already; then nothing is written.

        Those with the same ``run`` belong together (see `vj.data.split`), and must be added one after another. Without
        it, those that look like the one before do. Raises OSError.
        """
        judged = pictures[-self._judged :]
        small = thumbnail(judged)
        if (same := self._seen.find(small)) is not None:
            return self.items[same].name
        name = self._free(name)
        for letter, picture in zip(self._letters, pictures, strict=True):
            write_png(self._part / NEW / letter / f"{name}.png", picture)
        if run is None:
            follows = self._last is not None and are_near(self._last, small)
            run = self.items[-1].run if follows else len(self.items)
        digest = hashlib.blake2b(digest_size=16)
        for picture in judged:
            digest.update(picture.tobytes())
        self.items.append(_Item(name, run, digest.digest()))
        self._seen.add(small)
        self._last = small
        return None

    def part(self, test: float, seed: int, gap: int) -> tuple[dict[str, int], list[str]]:
        """Moves the files into ``train`` and ``test``. Returns how many each has, and the names of those that are in
        neither, whose files are removed. Raises BadInput if nothing would be left to train on, and OSError."""
        wanted = wanted_for_test(test, len(self.items))
        parts = split([item.run for item in self.items], [item.key for item in self.items], wanted, seed, gap)
        for item, part in zip(self.items, parts, strict=True):
            for letter in self._letters:
                path = self._part / NEW / letter / f"{item.name}.png"
                if part == BETWEEN:
                    path.unlink()
                else:
                    path.rename(self._part / part / letter / path.name)
        between = [item.name for item, part in zip(self.items, parts, strict=True) if part == BETWEEN]
        return Counter(parts), between

    def _free(self, name: str) -> str:
        """Returns ``name`` in letters that every system takes, with a number if it is taken."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "picture"
        plain = f"{plain}-" if plain.split(".")[0].lower() in _SETTLED else plain
        free, number = plain, 2
        while free.lower() in self._names:
            free, number = f"{plain}-{number}", number + 1
        self._names.add(free.lower())
        return free
