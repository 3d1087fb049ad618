"""Reference pictures of the project's shaders: what is drawn, what is compared, and how they are made anew.

``python -m tests.effect.reference`` draws all of them on software OpenGL, with names of shaders only those: look at
each picture that changed before you keep it.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import moderngl
import numpy as np
import numpy.typing as npt
from PIL import Image as Pictures

from vj.base.frame import Pixels, Size
from vj.base.paths import SHADERS, picture
from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.isf import END, PROGRESS, START, Isf, read
from vj.gl.canvas import Canvas
from vj.gl.context import headless, is_software
from vj.gl.spectrum import POINTS, AudioTextures

Image = npt.NDArray[np.uint8]
OURS = sorted(SHADERS.glob("*.fs"))
REFERENCES = Path(__file__).parent / "references"
SIZE = Size(128, 72)
FRAMES, FPS = 9, 9.5
SHOWN = (3, 8)
"""The frames that a picture has, side by side, of shaders that remember what was before."""
NOTHING = 3
"""Frames before those, in which a filter gets a transparent picture. The last one is just over a second after them, for
what happens once a second."""
PROGRESSES = (0.3, 0.7)
PHASE = "phase"
"""The buffer in which shaders add up how far they have moved, so that nothing jumps when their speed is turned."""
SPEED = re.compile(r"per (second|minute)|^Speed|^Drift$")
"""Labels of inputs that are speeds."""
MOST_MEAN, FAR, MOST_FAR = 1.5, 40, 0.02
"""A picture is the same if its values (0..255) differ by no more than the first in the mean, and no more than the last
part of its pixels by more than the second: drivers round differently, and noise amplifies that."""


class Setting:
    """What shaders are tried on: a scene that moves, another one, named pictures and a sound."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.canvas = Canvas(ctx, SIZE)
        self.scenes = [self.shown(scene(frame)) for frame in range(FRAMES)]
        self.other = self.shown(other())
        self.table = self.shown(np.asarray(Pictures.open(picture("lut-night.png")).convert("RGB")))
        self.empty = Canvas(ctx, SIZE).texture
        self.empty.write(bytes(SIZE.width * SIZE.height * 4))
        self.sound = AudioTextures(ctx)
        at = np.arange(POINTS, dtype=np.float32)
        self.sound.upload(np.sin(at * 0.1), np.exp(-at / 90.0) * (0.3 + 0.7 * np.sin(at * 0.2) ** 2))

    def shown(self, pixels: Pixels) -> moderngl.Texture:
        """Returns ``pixels`` as a texture, bottom row first."""
        made = Canvas(self.canvas.ctx, Size(pixels.shape[1], pixels.shape[0])).texture
        made.write(np.ascontiguousarray(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])[::-1]))
        return made

    def inputs(self, isf: Isf, frame: int, progress: float = 0.0) -> dict[str, InputValue]:
        """Returns the pictures that ``isf`` takes in ``frame``, and for transitions ``progress``."""
        fed: dict[str, InputValue] = {one.name: self.scenes[frame] for one in isf.pictures}
        fed |= {name: given for name, given in (("lut", self.table), ("by", self.other)) if name in fed}
        return (
            fed | {START: self.scenes[frame], END: self.other, PROGRESS: progress} if isf.kind == "transition" else fed
        )

    def draw(self, effect: Effect, frame: int, inputs: dict[str, InputValue], dt: float = 1.0 / FPS) -> Image:
        """Returns what ``effect`` draws, RGBA, top row first, ``dt`` seconds after the frame before."""
        moment = EffectMoment((NOTHING + frame) / FPS, dt, frame, sound=self.sound)
        effect.draw(self.canvas.target, inputs, moment)
        flat = np.frombuffer(self.canvas.target.read(components=4, alignment=1), np.uint8)
        return flat.reshape(SIZE.height, SIZE.width, 4)[::-1]

    def examine(self, isf: Isf) -> "Result":
        """Draw with ``isf`` all that tests ask for."""
        effect = Effect(self.canvas.ctx, isf, SIZE)
        if isf.kind == "transition":
            drawn = [self.draw(effect, 0, self.inputs(isf, 0, progress)) for progress in (0.0, *PROGRESSES, 1.0)]
            return Result(np.hstack(drawn[1:-1])[..., :3], ends=(drawn[0], drawn[-1]))
        empty: dict[str, InputValue] = {one.name: self.empty for one in isf.pictures}
        before = [self.draw(effect, frame, empty) for frame in range(-NOTHING, 0) if isf.kind == "filter"]
        remembers = any(one.persistent for one in isf.passes)
        frames = range(FRAMES) if remembers else SHOWN[:1]
        drawn = [self.draw(effect, frame, self.inputs(isf, frame)) for frame in frames]
        shown = [drawn[frame] for frame in SHOWN] if remembers else drawn
        faster = self._faster(isf, effect) if PHASE in isf.targets else ()
        effect.release()
        return Result(np.hstack(shown)[..., :3], of_nothing=before, faster=faster)

    def _faster(self, isf: Isf, effect: Effect) -> tuple[Image, Image]:
        """Returns what ``effect`` draws before and after all its speeds are turned up, at the same time."""
        inputs = self.inputs(isf, 5)
        speeds = {one.name: one.high[0] for one in isf.inputs if SPEED.search(one.label)}
        assert speeds
        return self.draw(effect, 5, inputs, 0.0), self.draw(effect, 5, inputs | speeds, 0.0)


@dataclass(frozen=True)
class Result:
    """What a shader draws, RGBA: the ``strip`` to compare with its reference (RGB); what a filter made ``of_nothing``;
    a transition at its ``ends``; and what moves by itself before and after it is made ``faster``."""

    strip: Pixels
    of_nothing: Sequence[Image] = ()
    ends: Sequence[Image] = ()
    faster: Sequence[Image] = ()


def scene(frame: int) -> Pixels:
    """A picture with slopes, edges, all hues, and fine lines; a disc moves to the right, a square up."""
    y, x = np.mgrid[0 : SIZE.height, 0 : SIZE.width].astype(np.float32)
    made = np.dstack([60 + 1.25 * x, 40 + 2 * y, 180 - x]).astype(np.float32)
    made[(x + 2 * y) % 38 < 7] *= (1.15, 1.2, 0.6)
    made[(x - 32 - 2.5 * frame) ** 2 + (y - 27) ** 2 < 19**2] = (240, 150, 40)
    made[(x - 32 - 2.5 * frame) ** 2 + (y - 27) ** 2 < 7**2] = (250, 245, 220)
    made[(abs(x - 93) < 13) & (abs(y - 50 + 2 * frame) < 11)] = (30, 20, 70)
    made[(y > 59) & (x % 6 < 3)] = (20, 160, 90)
    return np.clip(made, 0, 255).astype(np.uint8)


def other() -> Pixels:
    """Another picture: the scene in its complementary colours, the other way round."""
    return 255 - scene(5)[::-1, ::-1]


def difference(drawn: Pixels, wanted: Pixels) -> str:
    """Returns what differs between two pictures, in words; an empty text if they are the same."""
    if drawn.shape != wanted.shape:
        return f"it has the shape {drawn.shape} instead of {wanted.shape}"
    apart = np.abs(drawn.astype(np.int16) - wanted)
    mean, far = float(apart.mean()), float((apart.max(2) > FAR).mean())
    same = mean <= MOST_MEAN and far <= MOST_FAR
    return "" if same else f"it differs by {mean:.2f} in the mean, and by more than {FAR} in {far:.1%} of its pixels"


def load(name: str) -> Pixels:
    """Returns the reference picture of the shader ``name``. Raises FileNotFoundError if there is none."""
    with Pictures.open(REFERENCES / f"{name}.png") as image:
        return np.asarray(image.convert("RGB"))


def main(names: list[str]) -> None:
    """Draw the reference pictures of the shaders ``names``, or of all without any."""
    ctx = headless()
    if not is_software(ctx):
        sys.exit("reference pictures come from software OpenGL: set LIBGL_ALWAYS_SOFTWARE=1")
    setting = Setting(ctx)
    for path in OURS:
        if not names or path.stem in names:
            Pictures.fromarray(setting.examine(read(path)).strip).save(REFERENCES / f"{path.stem}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
