"""Generators as sources: shaders of the Interactive Shader Format that make pictures out of nothing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from vj.base.clock import Pacer
from vj.base.errors import BadInput
from vj.base.frame import Picture, Pixels
from vj.effect.chain import EffectChain
from vj.effect.effect import EffectMoment
from vj.effect.inputs import params_of
from vj.effect.isf import Isf
from vj.effect.library import isf
from vj.effect.library_pictures import LibraryPictures
from vj.effect.loader import ShaderLoader
from vj.gl.context import headless
from vj.params.param import Param, Value
from vj.source.clip_settings import CLIP_PARAMS, RESTART, ClipSettings
from vj.source.deliver import deliver
from vj.source.source import Begin, Source

_OPAQUE = 255


class Shader(Source):
    """Draws a generator of the library, ``fps`` times a second, in the size of ``box``, in an OpenGL context of its
    own. Its inputs are parameters below its name: ``plasma/scale``. There is no sound for it.

    Its time is counted in pictures, so that it shows the same whenever it runs. What its file holds is tried in another
    process before it plays; when the file changes, the new version takes over as soon as it has been tried.
    """

    name = "shader"
    help = "a generator of the shader library: shader:NAME"
    params = (Param("speed", -4.0, 4.0, default=1.0, unit="×", help="how fast its time passes; negative is backwards"),)
    clip_params = tuple(param for param in CLIP_PARAMS if param.name in ("speed", "start"))
    silence = 5.0

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput unless ``target`` is a shader of the library that needs no other picture. Whether it compiles
        shows in `open`."""
        found = isf(target)
        if found.kind != "generator":
            raise BadInput(f"shader: {target} is a {found.kind}, which needs a picture: add it to a layer's effects")

    @classmethod
    def params_of(cls, target: str) -> tuple[Param, ...]:
        """Returns ``params`` and those of the shader's inputs, which have its name before their own; none of these if
        there is no such shader."""
        try:
            return (*cls.params, *_inputs(target, isf(target)))
        except BadInput:
            return cls.params

    def open(self) -> None:
        """Tries the shader, unless the source is `patient`, and compiles it. Raises BadInput for one that doesn't
        compile or is too slow, Unavailable without OpenGL."""
        self.check(self.target)
        self.title = self.target
        self._pacer = Pacer(self.clock, self.fps)
        self._time, self._frame = 0.0, 0
        self._given: tuple[Mapping[str, Value], Mapping[str, Value]] | None = None
        self._rgba = np.empty((self.box.height, self.box.width, 4), np.uint8)
        self._thread = ThreadPoolExecutor(1, "shader")  # whose context is no other's, whatever thread this is
        try:
            self._thread.submit(self._begin).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def handle_trigger(self, name: str, amount: float) -> None:
        """Fires the shader's event called ``name`` (``plasma/flash``) for the next picture."""
        instance, _, event = name.partition("/")
        self._thread.submit(self._chain.fire, instance, event).result()

    def launch(self, values: Mapping[str, Value]) -> None:
        """Begins to play, with its time at 0 unless the setting ``start`` is ``continue``. What it keeps from picture
        to picture stays."""
        super().launch(values)
        if ClipSettings.of(values).start == RESTART:
            self._time = 0.0

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits until the next picture is due at ``fps``, draws it, and returns the monotonic time (s) at which it was
        due. The shader's time moves by ``speed`` / ``fps`` seconds with each, and stands still while it waits for its
        launch."""
        due = self._pacer.wait()
        started = self.clock.now()
        step = 0.0 if self._waits else float(values["speed"]) * ClipSettings.of(values).speed / self.fps
        self._thread.submit(self._draw, values, step).result()
        self._time += step
        self._frame += 1
        drawn = self.clock.now()
        deliver(self._upright(), begin)
        self.on_spent("capture", drawn - started)
        self.on_spent("resize", self.clock.now() - drawn)
        return due

    def close(self) -> None:
        """Lets go of the context and of the file."""
        self._thread.submit(self._end).result()
        self._thread.shutdown()

    def _begin(self) -> None:
        """Compiles the shader in a new context; runs in the thread, as all that follows."""
        self._ctx = headless()
        self._pictures = LibraryPictures(self._ctx, self.box)
        self._nothing = self._ctx.texture((1, 1), 4, bytes(4))
        self._loader = ShaderLoader(self.box, background=not self.patient)
        self._chain = EffectChain(self._ctx, self.box, "", self._loader, wait=True)
        self._chain.set_effects([self.target])
        if refused := self._chain.notice:
            self._end()
            raise BadInput(f"shader: {refused}")

    def _end(self) -> None:
        """Ends what `_begin` began."""
        self._loader.stop()
        self._chain.release()
        self._ctx.release()

    def _draw(self, values: Mapping[str, Value], step: float) -> None:
        """Draws the picture of the present time, and reads it back."""
        if self._given is None or self._given[0] is not values:
            self._given = values, {f"/{name}": value for name, value in values.items()}
        self._chain.apply_values(self._given[1])
        moment = EffectMoment(self._time, abs(step), self._frame, picture=self._pictures.find)
        self._chain.draw(self._nothing, moment).read_into(self._rgba)

    def _upright(self) -> Picture:
        """Returns what was read back with its top row first, premultiplied."""
        import cv2

        alpha: Pixels = cv2.extractChannel(self._rgba, 3)
        if alpha.min() == _OPAQUE:
            return Picture(cv2.cvtColor(self._rgba, cv2.COLOR_RGBA2RGB)[::-1])
        cv2.cvtColor(self._rgba, cv2.COLOR_RGBA2mRGBA, dst=self._rgba)
        return Picture(cv2.cvtColor(self._rgba, cv2.COLOR_RGBA2RGB)[::-1], alpha[::-1])


def _inputs(name: str, shader: Isf) -> list[Param]:
    """Returns the parameters of the inputs of ``shader``, below its name."""
    return [replace(param, name=f"{name}/{param.name}") for one in shader.shown for param in params_of(one)]
