"""Small data sets, in memory and on disk."""

from pathlib import Path

import numpy as np
from PIL import Image

from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.data.description import FILE, Description


class InMemory:
    """Pairs of pictures; an index in ``broken`` can't be read."""

    def __init__(
        self, pairs: list[tuple[Pixels, Pixels]], broken: tuple[int, ...] = (), *, paired: bool = True
    ) -> None:
        self.pairs, self.broken, self.paired = pairs, broken, paired
        self.seen: list[int] = []

    def __len__(self) -> int:
        return len(self.pairs)

    def pair(self, index: int, rng: np.random.Generator | None = None) -> tuple[Pixels, Pixels]:
        self.seen.append(index)
        if index in self.broken:
            raise BadInput(f"{index}.png can't be read")
        other = index if self.paired or rng is None else int(rng.integers(len(self.pairs)))
        return self.pairs[index][0], self.pairs[other][1]

    def picture(self, index: int, rng: np.random.Generator | None = None) -> Pixels:
        return self.pair(index, rng)[0]


def blobs(seed: int, side: int = 32) -> Pixels:
    """A picture of a few rectangles of different colours."""
    random = np.random.default_rng(seed)
    picture = np.full((side, side, 3), random.integers(0, 256, 3), np.uint8)
    for _ in range(4):
        top, left = random.integers(0, side - 4, 2)
        height, width = random.integers(4, side // 2, 2)
        picture[top : top + height, left : left + width] = random.integers(0, 256, 3)
    return picture


def drawn_pairs(count: int, side: int = 32) -> list[tuple[Pixels, Pixels]]:
    """Pairs of a grey picture and its negative in colour."""
    return [(blobs(number, side), 255 - blobs(number, side)[..., ::-1]) for number in range(count)]


def on_disk(folder: Path, pairs: list[tuple[Pixels, Pixels]], held: int = 1, kind: str = "pairs") -> Path:
    """A data set folder with ``pairs``, the last ``held`` of which are for the test."""
    count = len(pairs) - held
    letters = ("a",) if kind == "pictures" else ("a", "b")
    side = pairs[0][0].shape[0]
    for number, pair in enumerate(pairs):
        for letter, picture in zip(letters, pair, strict=False):
            path = folder / ("train" if number < count else "test") / letter / f"{number:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    counts = {part: dict.fromkeys(letters, number) for part, number in (("train", count), ("test", held))}
    about = Description(
        kind=kind,  # type: ignore[arg-type]
        side=side,
        stored=side,
        command="vj data test",
        licence="CC BY 4.0",
        credit="made for a test",
        condition="canny",
        set={"condition/invert": True},
        **counts,
    )
    (folder / FILE).write_text(about.written(), encoding="utf-8")
    return folder
