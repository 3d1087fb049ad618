"""The child that tries shaders: it compiles one, draws it a few times, and tells how long that took.

So a shader that never ends, or at which a driver crashes, costs this process only. Drivers keep what they have compiled
on disk, where the show finds it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import moderngl
import numpy as np

from vj.base.clock import now
from vj.base.errors import VjError
from vj.base.frame import Size
from vj.child.parent_pipe import ParentPipe
from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.isf import END, PROGRESS, START, Isf, read
from vj.gl.context import headless, is_software
from vj.gl.spectrum import POINTS, AudioTextures

_REST = 0.002
"""Seconds between two looks for commands."""
_FRAMES, _LONGEST = 4, 0.6
"""Frames that are timed, and the seconds after which no more are begun."""


def run(pipe: ParentPipe) -> None:
    """Try one shader after the other, as commands come, until the parent asks to stop.

    A command has ``path``, ``root`` (see `vj.effect.isf.read`), ``width`` and ``height``. It tells ``begun``,
    the path, when it is begun, and then ``tried``: a table with ``kind``, ``error`` (empty if it plays), ``ms`` (what a
    frame takes) and ``first`` (milliseconds from the file to the first frame).
    """
    ctx = headless()
    scene = _Scene(ctx)
    pipe.tell(ready=True)
    while not pipe.stopping.wait(_REST):
        for command in pipe.commands():
            pipe.tell(begun=command["path"])
            pipe.tell(tried=scene.tried(command))


class _Scene:
    """What shaders are tried with: a test picture and some sound."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._software = is_software(ctx)
        self._sound = AudioTextures(ctx)
        turns = np.linspace(0.0, 40.0, POINTS, dtype=np.float32)
        self._sound.upload(np.sin(turns), np.exp(-turns / 10.0).astype(np.float32))
        self._pictures: dict[Size, moderngl.Texture] = {}

    def tried(self, command: dict[str, Any]) -> dict[str, Any]:
        """Returns what to tell about a shader."""
        size = Size(command["width"], command["height"])
        kind = ""
        try:
            isf = read(Path(command["path"]), Path(command["root"]))
            kind = isf.kind
            first, frame = self._timed(isf, size)
        except (VjError, moderngl.Error) as error:
            return {"kind": kind, "error": str(error), "ms": 0.0, "first": 0.0}
        return {"kind": kind, "error": "", "ms": frame * 1e3, "first": first * 1e3}

    def _timed(self, isf: Isf, size: Size) -> tuple[float, float]:
        """Returns the seconds until the first frame of ``isf`` and those that the fastest of some later ones takes."""
        began = now()
        effect = Effect(self._ctx, isf, size)
        picture = self._picture(size)
        inputs: dict[str, InputValue] = {one.name: picture for one in isf.pictures}
        if isf.kind == "transition":
            inputs |= {START: picture, END: picture, PROGRESS: 0.5}
        times = [self._frame(effect, inputs, 0)]
        first = now() - began
        while len(times) <= _FRAMES and now() - began < first + _LONGEST:
            times.append(self._frame(effect, inputs, len(times)))
        effect.release()
        return first, min(times[1:])

    def _frame(self, effect: Effect, inputs: Mapping[str, InputValue], number: int) -> float:
        """Returns the seconds that a frame takes. Where processors draw, time in which they do other work counts only
        as far as there is so much work for them."""
        started, worked = now(), time.process_time()
        effect.draw(None, inputs, EffectMoment(number / 30, 1 / 30, number, sound=self._sound))
        self._ctx.finish()
        taken = now() - started
        return min(taken, time.process_time() - worked) if self._software else taken

    def _picture(self, size: Size) -> moderngl.Texture:
        """Returns a picture of this size with colours, edges and some noise."""
        if size not in self._pictures:
            y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
            planes = [x / size.width, y / size.height, ((x // 32 + y // 32) % 2)]
            made = np.stack([*planes, np.ones_like(x)], axis=-1) * 255
            made[..., :3] *= np.random.default_rng(0).uniform(0.8, 1.0, (*x.shape, 1)).astype(np.float32)
            texture = self._ctx.texture(size, 4, made.astype(np.uint8).tobytes())
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            self._pictures[size] = texture
        return self._pictures[size]
