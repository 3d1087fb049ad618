"""Feature visualisation: what a layer, a unit or a class looks for, out of noise (Olah, Mordvintsev, Schubert 2017)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.model.dreams.dream_model import BANK, PACE, RESTART, WHAT, Dream, DreamModel, DreamWish
from vj.model.dreams.dream_params import STEP
from vj.model.model import Prepared
from vj.params.param import Param, Value

if TYPE_CHECKING:
    from vj.model.dreams.glances import Glances
    from vj.model.dreams.spectrum import Spectrum
    from vj.model.gradient.objective import Objective
    from vj.model.runtime.compiled_network import CompiledNetwork, Floats

_WANTED: Final = ("unit", "units", "toward", "unit_2", "guide")
"""Values whose change makes another wish. Other values, such as where and how much, only lead the picture on."""


class Visualise(DreamModel):
    """Makes pictures out of noise; the source gives only the size. Another wish goes on from the present picture."""

    name = "visualise"
    help = "what a layer, a unit or a class looks like, out of noise"
    still_steps = 512
    looks = False
    params = (
        *WHAT,
        Param("learning", 0.0, 1.0, default=0.2, smooth=0.05, help="how far each step goes, in the spectrum"),
        Param("decay", 0.0, 0.3, default=0.03, smooth=0.05, help="how much each step forgets: more is plainer, paler"),
        Param("noise", 0.0, 2.0, default=0.2, help="contrast of the noise that it begins with"),
        Param("renew", default=0.3, help="how much turns to noise again when another thing is wanted"),
        Param("turning", 0.0, 45.0, default=12.0, unit="°", help="random turn of each step: shapes that bear turning"),
        Param("zooming", 0.0, 0.5, default=0.2, help="random change of size of each step: shapes of any size"),
        *(param for param in STEP if param.name in ("jitter", "steps")),
        RESTART,
        Param("stop", -1, 8192, default=-1, kind="int", help="steps until it rests (-1: never; 0: the noise itself)"),
        *BANK,
        PACE,
    )

    def begin(self) -> None:
        super().begin()
        self._seed = 0
        self._emerging: Emerging | None = None

    def handle_trigger(self, name: str, amount: float) -> None:
        """Begin again from other noise, with the next picture, if ``name`` is ``restart``; ``amount`` doesn't
        matter."""
        if name == "restart":
            self._seed += 1
            self._emerging = None

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile what ``variant``, a text of `DreamWish.to_text` (empty: the usual wish), asks for, for pictures of
        ``size``, and return it, without octaves. If the wish is impossible, such as an unknown layer, raise BadInput as
        long as an earlier picture goes on; else return the usual wish, which makes the reason a notice. Compiling may
        take minutes; it raises BadInput for an unknown runtime, Unavailable if nothing runs it here."""
        wish, lost = self._possible(DreamWish.from_text(variant) if variant else DreamWish())
        objective = self.objective(wish)
        return _Look(self, wish, objective, self.compiled(objective, size), size, lost)

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """Yield what emerges from noise after 0, 1, .. ``steps`` steps, so ``steps`` + 1 times: uint8 RGB [h, w, 3], in
        one array that the next step overwrites. ``picture`` gives only the size: its sides are cut to multiples of the
        classifier's, usually 32, and are at least two of these. The values ``steps`` and ``stop`` are ignored; an
        earlier picture is forgotten. Raises BadInput for an impossible wish, Unavailable if a gradient isn't finite."""
        size = self.size(Size(picture.shape[1], picture.shape[0]), picture.shape[1], picture.shape[0])
        variant = self.variant(values)
        self.objective(DreamWish.from_text(variant) if variant else DreamWish())  # an impossible wish is an error here
        look = self.prepare(size, variant)
        out = np.empty((size.height, size.width, 3), np.uint8)
        values = {**values, "steps": 1}
        self._emerging = None
        for step in range(steps + 1):
            if not math.isfinite(look.run(picture, out, {**values, "stop": step}, 0.0)):
                raise Unavailable(f"{self.called} gives numbers that are no picture")
            yield out

    def emerge(self, look: _Look, out: Pixels, values: Mapping[str, Value]) -> float:
        """Make the next steps, as many as the value ``steps`` says but none beyond ``stop`` (-1: no end), and write the
        picture into ``out``, uint8 RGB [h, w, 3] of the size of ``look``, which has the network. ``values`` hold those
        of ``params``. If more steps than ``stop`` were made, it begins anew from noise; when the wish changes, noise is
        mixed in and steps count from 0.

        Returns the mean of the picture, 0..1. If a gradient isn't finite, returns its mean, leaves ``out`` as it was,
        and begins anew from noise the next time.
        """
        from vj.model.dreams.float_pictures import to_bytes

        emerging = self._emerging_at(look.size, values)
        emerging.heed((look.wish, *(values[name] for name in _WANTED)), values)
        stop = int(values["stop"])
        for _ in range(int(values["steps"])):
            if emerging.steps == stop:
                break
            if not math.isfinite(mean := emerging.climb(look.compiled, look.controls(values), values)):
                self._emerging = None
                return mean
        to_bytes(emerging.picture, out)
        return float(emerging.picture.mean())

    def _emerging_at(self, size: Size, values: Mapping[str, Value]) -> Emerging:
        """Returns the picture that emerges, at ``size``; a new one if it has made more steps than are wanted."""
        found = self._emerging
        if found is None or 0 <= int(values["stop"]) < found.steps:
            found = Emerging(size, self._seed, float(values["noise"]))
        self._emerging = found.at(size)
        return self._emerging


class _Look(Dream):
    """A wish compiled for one size; it is `Prepared`."""

    def __init__(
        self,
        model: Visualise,
        wish: DreamWish,
        objective: Objective,
        compiled: CompiledNetwork,
        size: Size,
        lost: str,
    ) -> None:
        from vj.model.dreams.ascent import Ascent

        super().__init__(model, wish, objective, Ascent([(size, compiled)]), compiled, size, lost)
        self.wish = wish
        self.compiled = compiled
        self._visualise = model

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        return self._visualise.emerge(self, out, values)


class Emerging:
    """A picture of ``size`` (even sides) that emerges from noise: ``noise`` is its contrast, ``seed`` chooses it. The
    attribute ``picture`` is what has emerged by now, at first the noise: float32 RGB [h, w, 3] in 0..1, not to be
    written to, and valid until the next call of a method."""

    def __init__(self, size: Size, seed: int, noise: float) -> None:
        from vj.model.dreams.spectrum import Spectrum

        self._random = np.random.default_rng(seed)
        spectrum = Spectrum(size)
        spectrum.renew(1.0, noise, self._random)
        self._wanted: tuple[object, ...] = ()
        self.steps = 0
        """Steps that were made since the noise, or since the wish changed."""
        self._on(spectrum)

    def at(self, size: Size) -> Emerging:
        """Bring the picture to ``size`` (even sides), if it has another. Returns this same object, not a copy."""
        if size != self._spectrum.size:
            self._on(self._spectrum.at(size))
        return self

    def heed(self, wanted: tuple[object, ...], values: Mapping[str, Value]) -> None:
        """Make room for another wish: if ``wanted``, which says all that is wished and is compared by equality, isn't
        that of the last call, mix in as much noise as the values ``renew`` and ``noise`` say, and count steps from 0.
        The first call changes nothing."""
        if self._wanted and wanted != self._wanted:
            self._spectrum.renew(float(values["renew"]), float(values["noise"]), self._random)
            self.picture = self._spectrum.picture()
            self.steps = 0
        self._wanted = wanted

    def climb(self, compiled: CompiledNetwork, controls: list[Floats], values: Mapping[str, Value]) -> float:
        """Make one step along the gradient that ``compiled``, the gradient's network for this size, computes for a
        random view of the picture; ``controls`` are its inputs beside the picture. The ``values`` are ``learning``,
        ``decay``, ``turning``, ``zooming`` and ``jitter``. Replaces ``picture`` and adds 1 to ``steps``.

        Returns the gradient's mean; if that isn't finite, the picture and ``steps`` are left as they were.
        """
        mean = compiled.run(self._glances.at(self.picture, values), controls, self._gradient)
        if math.isfinite(mean):
            self._spectrum.climb(self._glances.back(self._gradient), float(values["learning"]), float(values["decay"]))
            self.picture = self._spectrum.picture()
            self.steps += 1
        return mean

    def _on(self, spectrum: Spectrum) -> None:
        """Go on with ``spectrum``, with buffers of its size."""
        from vj.model.dreams.glances import Glances

        self._spectrum = spectrum
        self._glances: Glances = Glances(spectrum.size, self._random)
        self.picture = spectrum.picture()
        self._gradient: Floats = np.zeros_like(self.picture)
