"""A contact sheet of the shaders: what each makes of one bundled picture, or draws by itself."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vj.base.contact_sheet import draw
from vj.base.convert import resize
from vj.base.errors import VjError
from vj.base.frame import Pixels, Size
from vj.base.paths import picture
from vj.effect import library
from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.isf import END, PICTURE, PROGRESS, START, Isf, read
from vj.gl.canvas import Canvas
from vj.gl.context import headless
from vj.gl.spectrum import POINTS, AudioTextures
from vj.model.files.weights import Progress

_SIZE, _CELL = Size(480, 270), Size(192, 108)
"""The size at which shaders draw, and that of a picture on the sheet."""
_COLUMNS = 6
_FRAMES, _FPS = 29, 25.0
"""How long the picture has moved before it is shown, for shaders that remember what was before: a little more than a
second, for what happens once a second."""
_PICTURE, _OTHER = "painted.jpg", "swirling_night.jpg"
"""What filters are tried on, and what transitions lead to."""
_NAMED = {"by": _OTHER, "lut": "lut-night.png"}
"""Pictures for inputs of these names. Other inputs show the picture itself, as in an effect chain."""
_KINDS = ("filter", "generator", "transition")


def write_gallery(target: Path, progress: Progress) -> list[str]:
    """Draws what every shader makes of a painted picture that moves, or draws by itself, with labels, into the picture
    file ``target``, which is replaced. The performer's own shaders are among them; all inputs are at their defaults.
    Returns a line for each shader that failed, and why; ``progress`` is called meanwhile. Raises BadInput if ``target``
    can't be written, Unavailable without OpenGL."""
    found, failed = dict[str, Isf](), list[str]()
    for name, path in library.shaders().items():
        try:
            found[name] = read(path, library.root_of(path))
        except VjError as error:
            failed.append(f"{name}: {error}")
    wanted = sorted(found.items(), key=lambda one: (_KINDS.index(one[1].kind), one[0]))
    model = _Model()
    cells = [("the picture", model.pixels)]
    for number, (name, isf) in enumerate(wanted):
        progress("drawing", number / len(wanted))
        try:
            cells.append((name if isf.kind == "filter" else f"{name} ({isf.kind})", model.drawn(isf)))
        except VjError as error:
            failed.append(f"{name}: {error}")
    model.release()
    progress("drawing", 1.0)
    draw(cells, target, _CELL, _COLUMNS)
    return failed


class _Model:
    """What shaders are tried on: a picture that moves, another one, a sound. ``pixels`` are the picture, not moving."""

    def __init__(self) -> None:
        ctx = headless()
        self._canvas = Canvas(ctx, _SIZE)
        self.pixels = _still(_PICTURE)
        self._moving = [self._shown(pixels) for pixels in _moved(self.pixels)]
        self._other = self._shown(_still(_OTHER))
        self._named = {name: self._shown(_still(file), keep=True) for name, file in _NAMED.items()}
        self._sound = AudioTextures(ctx)
        self._sound.upload(*_chord())

    def drawn(self, isf: Isf) -> Pixels:
        """Returns the last of the frames that ``isf`` draws (H×W×3 uint8, top row first). Raises BadInput for a shader
        that doesn't compile."""
        remembers = any(one.persistent for one in isf.passes)
        effect = Effect(self._canvas.ctx, isf, _SIZE)
        for frame in range(0 if remembers else _FRAMES - 1, _FRAMES):
            moment = EffectMoment(frame / _FPS, 1.0 / _FPS, frame, sound=self._sound)
            effect.draw(self._canvas.target, self._inputs(isf, frame), moment)
        effect.release()
        rows = np.frombuffer(self._canvas.read(), np.uint8).reshape(_SIZE.height, _SIZE.width, 3)
        return np.ascontiguousarray(rows[::-1])

    def release(self) -> None:
        """Free the context and all that is in it."""
        self._canvas.ctx.release()

    def _inputs(self, isf: Isf, frame: int) -> dict[str, InputValue]:
        fed: dict[str, InputValue] = {one.name: self._moving[frame].texture for one in isf.pictures}
        fed |= {name: shown.texture for name, shown in self._named.items() if name in fed}
        if isf.kind == "transition":
            fed |= {START: self._moving[frame].texture, END: self._other.texture, PROGRESS: 0.5}
        elif isf.kind == "filter":
            fed[PICTURE] = self._moving[frame].texture
        return fed

    def _shown(self, pixels: Pixels, keep: bool = False) -> Canvas:
        """Returns a canvas with ``pixels``, bottom row first; of their own size with ``keep``, else of that of all."""
        size = Size(pixels.shape[1], pixels.shape[0]) if keep else _SIZE
        made = Canvas(self._canvas.ctx, size)
        rgba = np.full((size.height, size.width, 4), 255, np.uint8)
        rgba[::-1, :, :3] = pixels if keep else resize(pixels, size)
        made.texture.write(rgba)
        return made


def _still(name: str) -> Pixels:
    """Returns the bundled picture ``name``, H×W×3 uint8, top row first."""
    from PIL import Image

    with Image.open(picture(name)) as image:
        return np.asarray(image.convert("RGB"))


def _moved(pixels: Pixels) -> Iterator[Pixels]:
    """Yields a part of ``pixels`` for each frame: it moves to the right, and comes closer."""
    height, width = pixels.shape[:2]
    for frame in range(_FRAMES):
        left = frame * width // (8 * _FRAMES)
        wide = width - width // 8 - left // 2
        high = wide * height // width
        top = (height - high) // 2
        yield np.ascontiguousarray(pixels[top : top + high, left : left + wide])


def _chord() -> tuple[np.ndarray, np.ndarray]:
    """Returns a waveform and a spectrum of `POINTS` samples each, as `AudioTextures.upload` wants them."""
    at = np.arange(POINTS, dtype=np.float32)
    wave = 0.5 * np.sin(at * 0.11) + 0.3 * np.sin(at * 0.173)
    bins = np.exp(-at / 110.0) * (0.35 + 0.65 * np.sin(at * 0.23) ** 2)
    return wave.astype(np.float32), bins.astype(np.float32)
