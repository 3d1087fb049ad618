"""Reads data sets for training: pairs of pictures, cropped, mirrored and recoloured the same way on both sides."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.data.description import FILE, TRAIN, Description, read_description
from vj.data.filters import PictureFilter
from vj.data.png import read_png

KEPT: Final = 1 << 30
"""The most bytes of decoded pictures that a reader keeps in memory, unless told otherwise."""
_LUMA: Final = np.array(((0.299, 0.587, 0.114),) * 3)
"""The luminance of a colour (Rec. 601), three times."""


@dataclass(frozen=True)
class PictureChange:
    """What is done to a picture before it is used, in numbers, so that the same can be done to another one.

    ``x`` and ``y`` say where the square is cut, 0..1 of what is left beside it. ``mirrored`` swaps left and right.
    ``contrast`` and ``saturation`` are factors around 1, ``brightness`` is added (in grey levels).
    """

    x: float = 0.5
    y: float = 0.5
    mirrored: bool = False
    contrast: float = 1.0
    saturation: float = 1.0
    brightness: float = 0.0

    @classmethod
    def drawn(cls, rng: np.random.Generator, flip: bool, jitter: float) -> "PictureChange":
        """Returns a random change. Six numbers are taken from ``rng``, whatever ``flip`` (whether pictures may be
        mirrored) and ``jitter`` (0..1: how much colours may change) are."""
        x, y, mirror, contrast, saturation, brightness = rng.random(6)
        return cls(
            x,
            y,
            flip and mirror < 0.5,
            1.0 + jitter * (2.0 * contrast - 1.0),
            1.0 + jitter * (2.0 * saturation - 1.0),
            128.0 * jitter * (2.0 * brightness - 1.0),
        )

    def apply(self, picture: Pixels, side: int) -> Pixels:
        """Returns the square of ``side`` pixels that is cut out of ``picture`` (uint8 [h, w, 3], no side shorter than
        that), changed. It is a new array."""
        height, width = picture.shape[:2]
        top, left = round(self.y * (height - side)), round(self.x * (width - side))
        square = picture[top : top + side, left : left + side]
        if self.mirrored:
            square = square[:, ::-1]
        if (self.contrast, self.saturation, self.brightness) == (1.0, 1.0, 0.0):
            return np.ascontiguousarray(square) if self.mirrored else square.copy()
        return self._recoloured(square)

    def _recoloured(self, square: Pixels) -> Pixels:
        """Returns ``square`` with its colours changed, around mid grey and around its own luminance."""
        import cv2

        mixed = self.saturation * np.eye(3) + (1.0 - self.saturation) * _LUMA
        offset = np.full((3, 1), 128.0 * (1.0 - self.contrast) + self.brightness)
        changed: Pixels = cv2.transform(square, np.hstack((self.contrast * mixed, offset)))
        return changed


class DataSet:
    """One part of a data set, ``train`` or ``test``, as squares of ``side`` pixels.

    ``len`` is the number of pairs or, without pairs, of pictures in ``a``. What a picture becomes depends on its index
    and on the numbers that are drawn from the generator, and on nothing else. Decoded pictures are kept in memory, up
    to ``keep`` bytes. Several threads may read at once, each with a generator of its own.
    """

    def __init__(
        self,
        folder: Path,
        description: Description,
        part: str = TRAIN,
        side: int | None = None,
        *,
        flip: bool = True,
        jitter: float = 0.0,
        keep: int = KEPT,
    ) -> None:
        """Use `open` instead, which reads ``description``. Lists the files. Raises BadInput if they aren't those that
        it counts."""
        self.folder = folder
        self.description = description
        self.part = part
        self.side = side or description.side
        self.flip = flip
        self.jitter = jitter
        self.names: dict[str, list[str]] = {letter: self._listed(letter) for letter in description.letters}
        """The names of the files without ``.png``, sorted, by folder: ``a`` and, unless there are only pictures,
        ``b``."""
        if description.kind == "pairs" and self.names["a"] != self.names["b"]:
            odd = sorted(set(self.names["a"]) ^ set(self.names["b"]))
            raise BadInput(f"{folder / part}: {odd[0]}.png is only in one of a and b, and {len(odd) - 1} more")
        self._kept: dict[Path, Pixels] = {}
        self._room = keep

    @classmethod
    def open(
        cls,
        folder: Path,
        part: str = TRAIN,
        side: int | None = None,
        *,
        flip: bool = True,
        jitter: float = 0.0,
        keep: int = KEPT,
    ) -> "DataSet":
        """Returns the reader of ``part`` (``train`` or ``test``) of the data set in ``folder``. No picture is read yet.

        Pictures come as squares of ``side`` pixels, without it of those that the data set is made for. ``flip`` is
        whether half of the pictures are mirrored, ``jitter`` (0..1) how much contrast, brightness and saturation may
        change; both only count where a generator is given. Up to ``keep`` bytes of decoded pictures stay in memory.
        Raises BadInput for a folder that holds no data set, or
        whose files aren't those that it counts.
        """
        return cls(folder, read_description(folder), part, side, flip=flip, jitter=jitter, keep=keep)

    def __len__(self) -> int:
        return len(self.names["a"])

    @property
    def lines(self) -> int:
        """Returns the shorter side in pixels of the pictures out of which the squares are cut."""
        return max(self.side, round(self.side * self.description.stored / self.description.side))

    def pair(self, index: int, rng: np.random.Generator | None = None) -> tuple[Pixels, Pixels]:
        """Returns a picture of ``a`` and one of ``b``, each uint8 RGB [side, side, 3], as new arrays.

        In a set of pairs both are number ``index`` (0..len - 1), and changed the same way. In a set of two unpaired
        folders ``b`` is drawn at random, and each is changed in its own way; without ``rng`` it is number ``index`` of
        ``b``, which begins again at its end. Without ``rng`` nothing is random: the middle is cut out, and colours
        stay. Raises BadInput for a file that can't be read, ValueError if there are only pictures.
        """
        if self.description.kind == "pictures":
            raise ValueError("this data set holds pictures, not pairs")
        change = self._change(rng)
        if self.description.kind == "pairs":
            return self._changed("a", index, change), self._changed("b", index, change)
        count = len(self.names["b"])
        other = index % count if rng is None else int(rng.integers(count))
        return self._changed("a", index, change), self._changed("b", other, self._change(rng))

    def picture(self, index: int, rng: np.random.Generator | None = None, letter: str = "a") -> Pixels:
        """Returns picture number ``index`` of the folder ``letter``, uint8 RGB [side, side, 3], as a new array, changed
        as `pair` says. Raises BadInput for a file that can't be read."""
        return self._changed(letter, index, self._change(rng))

    def _change(self, rng: np.random.Generator | None) -> PictureChange:
        return PictureChange() if rng is None else PictureChange.drawn(rng, self.flip, self.jitter)

    def _changed(self, letter: str, index: int, change: PictureChange) -> Pixels:
        return change.apply(self._read(letter, self.names[letter][index]), self.side)

    def _read(self, letter: str, name: str) -> Pixels:
        """Returns a picture with the margin for cropping that the data set has. At another size than the data set's a
        filter draws anew, as it does in a show: lines that were made smaller would be grey and half as wide."""
        path = self.folder / self.part / letter / f"{name}.png"
        picture = self._kept.get(path)
        if picture is None:
            if letter == "a" and self.description.filtered and self.side != self.description.side:
                picture = PictureFilter("", self.description.condition, self.description.set).apply(
                    self._read("b", name), self.side
                )
            else:
                picture = self._sized(read_png(path))
            if picture.nbytes <= self._room:
                self._kept[path] = picture
                self._room -= picture.nbytes
        return picture

    def _sized(self, picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        if self.side == self.description.side and min(height, width) >= self.side:
            return picture
        scale = self.lines / min(height, width)
        return resize(picture, Size(*(max(self.side, round(side * scale)) for side in (width, height))))

    def _listed(self, letter: str) -> list[str]:
        """Returns the names of the pictures in the folder ``letter``. Raises BadInput unless they are as many as the
        description says."""
        place = self.folder / self.part / letter
        found = sorted(path.stem for path in place.glob("*.png") if not path.name.startswith("."))
        counted = getattr(self.description, self.part).get(letter, 0)
        if len(found) != counted:
            raise BadInput(
                f"{place} holds {len(found)} pictures where {FILE} counts {counted}: the data set is not whole"
            )
        return found
