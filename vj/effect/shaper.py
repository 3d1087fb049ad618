"""The child process that shapes what a layer's models see: it draws a chain of effects over the source's pictures."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import moderngl
import numpy as np

from vj.base.clock import now
from vj.base.convert import drop_alpha, resize
from vj.base.frame import Frame, Pixels, Size
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe, TimeMeter
from vj.child.shared_curves import Curve, SharedCurves
from vj.child.shared_json import SharedJson
from vj.child.slot_reader import SlotReader
from vj.effect.chain import EffectChain
from vj.effect.effect import EffectMoment
from vj.effect.library_pictures import LibraryPictures
from vj.effect.loader import ShaderLoader
from vj.gl.context import headless
from vj.gl.spectrum import POINTS, AudioTextures
from vj.params.param import Value

_IDLE, _RESTING = 0.0005, 0.01
"""Seconds between two looks for a new picture, and between two looks whether there is something to do."""


class Shaping(NamedTuple):
    """What is wanted of a shaper.

    ``slot`` is the number of the slot of the source that plays. ``effects`` are the chain's, in order, each with the
    version of its shader's file that is known to play; without any, nothing is to be drawn. ``values`` are the effects'
    parameters by address.
    """

    slot: int = 0
    effects: Sequence[tuple[str, int]] = ()
    values: Mapping[str, Value] = {}


def main(
    pipe: ParentPipe,
    sources: list[dict[str, Any]],
    reader: int,
    output: int,
    box: tuple[int, int],
    prefix: str,
    wanted: dict[str, Any],
    sound: dict[str, Any],
) -> None:
    """Shape the pictures of a source until the show asks this process to leave or is gone; it is the child's main
    function.

    ``sources`` are the show's slots as `LatestFrame.describe` returned them: one of them is read, by the number
    ``reader``, and shaped pictures go into the one with the number ``output``. ``box`` (width, height) is the size
    within which models work. ``prefix`` is the chain's address. ``wanted`` describes a `SharedJson` that holds a
    `Shaping`, ``sound`` a `SharedCurves`. Commands on ``pipe`` are events of effects: ``{"fire": [INSTANCE, NAME]}``.

    It tells ``ready``, ``notice`` (what is wrong with the effects) and ``parts``.
    """
    slots, wishes = [LatestFrame.attach(source) for source in sources], SharedJson(SharedMemory.attach(wanted))
    shaper = Shaper(slots, reader, output, Size(*box), prefix)
    curves = SharedCurves(POINTS, SharedMemory.attach(sound))
    meter, notice = TimeMeter(pipe), ""
    pipe.tell(ready=True, notice=notice)
    written, shaping = None, Shaping()
    while not pipe.stopping.is_set():
        for command in pipe.commands():
            shaper.fire(*command["fire"])
        if (newest := wishes.read()) is not written:
            written, shaping = newest, Shaping(**newest)
        if not shaping.effects:
            shaper.rest()
        began = now()
        shaper.moment.date = _date()
        if heard := curves.read():
            shaper.hear(*heard)
        if shaping.effects and shaper.take_turn(shaping, began):
            meter.add("shape", now() - began)
            meter.tell(began)
        else:
            slots[output].heartbeat()
            time.sleep(_IDLE if shaping.effects else _RESTING)
        if shaper.notice != notice:
            notice = shaper.notice
            pipe.tell(notice=notice)
    shaper.release()


class Shaper:
    """Draws a chain of effects over a source's pictures, in an OpenGL context of its own, turn by turn (`take_turn`).

    All methods belong to one thread, which must have no other context. ``moment`` is what the effects know of the
    present.
    """

    def __init__(
        self, slots: Sequence[LatestFrame], reader: int, output: int, box: Size, prefix: str, patient: bool = False
    ) -> None:
        """``reader`` is its number among the readers of each of ``slots``; it becomes the only writer of the one with
        the number ``output``. Pictures are drawn in a size that fits into ``box``. ``prefix`` is the chain's address.
        A ``patient`` one waits until an effect is ready, instead of drawing without it meanwhile.

        Raises Unavailable without OpenGL.
        """
        self._slots = SlotReader(slots, reader)
        self._output = slots[output]
        self._writer = self._output.writer()
        self._box = box
        self._prefix = prefix
        self._patient = patient
        self._ctx = headless()
        self._loader = ShaderLoader(box, background=False)
        self._sound = AudioTextures(self._ctx)
        self.moment = EffectMoment(sound=self._sound, picture=LibraryPictures(self._ctx, box).find)
        self._drawing: _SizedChain | None = None
        self._wanted: Shaping | None = None
        self._versions: Mapping[str, int] = {}
        self._held: Frame | None = None
        """The source's picture that was taken last."""
        self._began: float | None = None
        self._has_rested = True

    @property
    def notice(self) -> str:
        """What is wrong with the effects; usually empty."""
        return self._drawing.chain.notice if self._drawing else ""

    def take_turn(self, wanted: Shaping, at: float) -> bool:
        """Draw the source's newest picture as ``wanted``, if it is a new one, and publish it with the capture time and
        the number of the source's. After a rest, the picture is drawn that is there. ``at`` is the time (s) by which
        effects move. Returns whether anything was drawn.

        Effects that are new are prepared a small part at a time, while the others go on.
        """
        reading = self._slots.of(wanted.slot)
        frame = reading.newest() if reading else None
        self._held = frame or self._held
        if frame is None and self._has_rested:
            frame = self._held
        drawing = self._follow(wanted, frame)
        if frame is None or drawing is None:
            return False
        self._has_rested = False
        moment = self.moment
        self._began = at if self._began is None else self._began
        moment.time, moment.dt = at - self._began, max(0.0, at - self._began - moment.time)
        shaped = drawing.draw(frame.pixels, moment)
        moment.frame += 1
        np.copyto(self._writer.begin(*shaped.shape[:2]), shaped)
        self._writer.publish(frame.captured, frame.origin)
        return True

    def rest(self) -> None:
        """Note that nothing is wanted for a while."""
        self._has_rested = True

    def fire(self, instance: str, name: str) -> None:
        """Make the event ``name`` of an effect true for the next picture."""
        if self._drawing:
            self._drawing.chain.fire(instance, name)

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        """Have effects hear this from now on; see `AudioTextures.upload`."""
        self._sound.upload(waveform, spectrum)

    def release(self) -> None:
        """Free everything on the graphics card, the context included."""
        if self._drawing:
            self._drawing.release()
            self._drawing = None
        self._ctx.release()

    def _follow(self, wanted: Shaping, frame: Frame | None) -> _SizedChain | None:
        """Returns what draws, with the effects that are wanted, in the size for ``frame``; None before the first one.

        Where all begins anew, as with pictures of another shape, effects are waited for.
        """
        waits = self._patient
        if frame:
            height, width = frame.pixels.shape[:2]
            size = self._box.fitted(width, height)
            if self._drawing is None or self._drawing.size != size:
                self._begin_anew(size)
                waits = True
        drawing = self._drawing
        if drawing is None:
            return None
        if wanted is not self._wanted:
            self._wanted = wanted
            versions = dict(wanted.effects)
            if tuple(versions) != drawing.chain.effects:
                drawing.chain.set_effects(list(versions))
            for name, version in versions.items():
                if self._versions.get(name, version) != version:
                    self._loader.reload(name)
            self._versions = versions
        while waits and drawing.chain.prepare():
            self._output.heartbeat()
        drawing.chain.apply_values(wanted.values)
        return drawing

    def _begin_anew(self, size: Size) -> None:
        if self._drawing:
            self._drawing.release()
        self._drawing = _SizedChain(self._ctx, EffectChain(self._ctx, size, self._prefix, self._loader), size)
        self._wanted = None


class _SizedChain:
    """A chain for pictures of one size, and the memory that brings them to the graphics card and back."""

    def __init__(self, ctx: moderngl.Context, chain: EffectChain, size: Size) -> None:
        self.chain = chain
        self.size = size
        self._texture = ctx.texture(size, 3, alignment=1)
        self._texture.repeat_x = self._texture.repeat_y = False
        self._scaled: Pixels | None = None
        self._turned = np.empty((size.height, size.width, 3), np.uint8)
        self._rgba = np.empty((size.height, size.width, 4), np.uint8)

    def draw(self, pixels: Pixels, moment: EffectMoment) -> Pixels:
        """Returns ``pixels`` (H×W×3 uint8, top row first) as the chain makes them, in its size; valid until the next
        call."""
        if pixels.shape != self._turned.shape:
            pixels = self._scaled = resize(pixels, self.size, self._scaled)
        if self.chain.is_idle:
            return pixels
        np.copyto(self._turned, pixels[::-1])
        self._texture.write(self._turned, alignment=1)
        self.chain.draw(self._texture, moment).read_into(self._rgba)
        drop_alpha(self._rgba, self._turned)
        return self._turned[::-1]

    def release(self) -> None:
        """Free the memory on the graphics card."""
        self.chain.release()
        self._texture.release()


def _date() -> tuple[float, float, float, float]:
    """Returns year, month, day and seconds since midnight, as shaders want them."""
    today = time.localtime()
    seconds = 3600.0 * today.tm_hour + 60.0 * today.tm_min + today.tm_sec
    return float(today.tm_year), float(today.tm_mon), float(today.tm_mday), seconds
