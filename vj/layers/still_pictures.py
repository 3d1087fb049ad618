"""Pictures of the library on the GPU, for masks and effects. The loop never waits for a file."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import moderngl
import numpy as np
import numpy.typing as npt

from vj.base import clock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import picture as picture_path
from vj.base.picture import load_picture

_MOST = 16
"""How many pictures are kept on the GPU."""
AGAIN = 1.0
"""Seconds between two looks at a file that couldn't be read, while its picture is wanted."""

_Stamp = tuple[str, int, int, int] | None


@dataclass(slots=True)
class _Refusal:
    """Why a picture can't be read: ``stamp`` is what its file was like then, ``looked`` when that was seen (s)."""

    why: str
    stamp: _Stamp
    looked: float


class StillPictures:
    """Textures of picture files by their names. Each is premultiplied and has its bottom row first."""

    def __init__(
        self, ctx: moderngl.Context, box: Size, *, waits: bool = False, now: Callable[[], float] = clock.now
    ) -> None:
        """Pictures larger than ``box`` are scaled down. With ``waits``, `texture` waits for the file, as a renderer
        must; else the file is read in a thread, and one that couldn't be read is tried again once it has changed.
        ``now`` returns the time (monotonic s)."""
        self._ctx = ctx
        self._box = box
        self._waits = waits
        self._now = now
        self._textures: dict[str, moderngl.Texture] = {}
        """By name, the one used last at the end."""
        self._read: dict[str, npt.NDArray[np.uint8] | None] = {}
        """Pictures that are read, or None while they are being read; a thread puts them here."""
        self._refused: dict[str, _Refusal] = {}

    def texture(self, name: str) -> moderngl.Texture | None:
        """Returns the texture of the picture ``name``, as `vj.base.paths.picture` finds it.

        None while it is being read, and if it can't be; `trouble` says why.
        """
        if name in self._textures:
            texture = self._textures[name] = self._textures.pop(name)
            return texture
        if refusal := self._refused.get(name):
            self._look_again(name, refusal)
        elif name not in self._read:
            self._read[name] = None
            self._begin(lambda: self._load(name))
        pixels = self._read.get(name)
        if pixels is None:
            return None
        del self._read[name]
        return self._keep(name, pixels)

    def trouble(self, name: str) -> str:
        """Returns why the picture ``name`` can't be read; empty if it can, or nothing is known yet."""
        refusal = self._refused.get(name)
        return refusal.why if refusal else ""

    def _look_again(self, name: str, refusal: _Refusal) -> None:
        """Try once more to read a picture, if its file has changed; not too often, and never in this thread."""
        now = self._now()
        if not self._waits and now >= refusal.looked + AGAIN:
            refusal.looked = now
            self._begin(lambda: None if _stamp(name) == refusal.stamp else self._load(name))

    def _begin(self, load: Callable[[], None]) -> None:
        if self._waits:
            load()
        else:
            threading.Thread(target=load, name="pictures", daemon=True).start()

    def _load(self, name: str) -> None:
        stamp = _stamp(name)
        try:
            picture = load_picture(picture_path(name), self._box)
            pixels = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
            self._read[name] = np.ascontiguousarray(pixels[::-1])
            self._refused.pop(name, None)
        except BadInput as error:
            self._refused[name] = _Refusal(str(error), stamp, self._now())
            self._read.pop(name, None)

    def _keep(self, name: str, pixels: npt.NDArray[np.uint8]) -> moderngl.Texture:
        height, width, parts = pixels.shape
        made = self._textures[name] = self._ctx.texture((width, height), parts, pixels.tobytes(), alignment=1)
        made.repeat_x = made.repeat_y = False
        if len(self._textures) > _MOST:
            self._textures.pop(next(iter(self._textures))).release()
        return made


def _stamp(name: str) -> _Stamp:
    """Returns what tells whether the file of the picture ``name`` is another one or has changed; None without one."""
    try:
        path = picture_path(name)
        found = path.stat()
    except (OSError, ValueError, BadInput):
        return None
    return str(path), found.st_mtime_ns, found.st_ctime_ns, found.st_size
