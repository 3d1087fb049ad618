"""Fast style transfer: a network for one style (Johnson et al. 2016), or for 26 styles and every blend of them
(Dumoulin et al. 2017)."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels, Size
from vj.model.common_params import FADE
from vj.model.families.network_model import NetworkModel
from vj.model.model import Model, Prepared
from vj.params.param import Param, Value, choice

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import CompiledNetwork

STYLES = (
    "gold", "ink", "pastel", "shards", "crimson", "ember", "peacock",
    "fauve", "watercolour", "scales", "bronze", "engraving", "lilac",
    "moss", "frost", "stained_glass", "indigo", "boogie", "parchment", "starry",
    "inferno", "poster", "woodcut", "smoke", "sketch", "midnight",
)  # fmt: skip
"""Names of the network's styles, after their look; a name's index is the style's number in the network."""

WEIGHTS = "multistyle26.onnx"
"""The name of the network's file, which is also its part in ``files``."""


class Style26(Model):
    """The conditional instance normalisation network of Dumoulin et al. 2017, as Magenta trained it for 26 styles.
    ``files`` holds it as `WEIGHTS`; ``blend`` says which styles are painted now."""

    name = "style26"
    help = "26 painting styles and any blend of them"
    least = 16
    params = (
        choice("style", STYLES, "starry", help="the style; changing it crossfades"),
        FADE,
        Param("base", default=1.0, smooth=0.05, help="the chosen style's part in the blend with the weights below"),
        *(Param(f"weight/{name}", smooth=0.05, help=f"the part of {name} in the blend") for name in STYLES),
    )

    def begin(self) -> None:
        """Begin without a style: the first picture has the chosen one at once, without a fade."""
        self.blend = StyleBlend(STYLES)

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile the network for pictures of ``size`` (sides that are multiples of 4, from 16), and return it as a new
        `Prepared`, which paints with the blend of the moment; there is one variant, so ``variant`` doesn't matter.
        Raises as `Model.prepare` does."""
        from vj.model.families.style26_network import prepare_style26

        return _Styled(self.blend, prepare_style26(self.files[WEIGHTS], size, self.runtime, self.exact), size)


class _Styled:
    """The 26-style network, compiled for one size."""

    def __init__(self, blend: "StyleBlend", compiled: "CompiledNetwork", size: Size) -> None:
        self._blend = blend
        self._compiled = compiled
        self._size = size

    @property
    def why(self) -> str:
        return self._compiled.why

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        return self._compiled.run(picture, (self._blend.at(values, now),), out)

    def warm(self) -> float:
        picture = np.full((self._size.height, self._size.width, 3), 128, np.uint8)
        even = np.full(len(STYLES), 1 / len(STYLES), np.float32)
        started = time.perf_counter()
        self._compiled.run(picture, (even,), np.empty_like(picture))
        return time.perf_counter() - started


class FastStyle(NetworkModel):
    """The network of Johnson et al. 2016, as PyTorch's examples train it: one painting per file."""

    name = "fast_style"
    help = "fast style transfer: one painting a file"


class StyleBlend:
    """The part of each style over time: the chosen style, crossfading when it changes, and the weights beside it.
    ``names`` are the styles, in the network's order."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._weights = [f"weight/{name}" for name in names]
        self._chosen = ""
        self._from = np.zeros(len(names), np.float32)
        self._to = np.zeros(len(names), np.float32)
        self._since = self._last = 0.0
        self._blend = np.zeros(len(names), np.float32)

    def at(self, values: Mapping[str, Value], now: float) -> npt.NDArray[np.float32]:
        """Returns the styles' weights at ``now`` (monotonic, s): float32 [styles], which sum to 1, in an array that the
        next call overwrites.

        ``values`` are ``style`` (one of ``names``), ``fade`` (s), ``base`` and ``weight/NAME`` for each style. The
        fading blend of chosen styles, times ``base``, and the weights are added, then scaled to a sum of 1. The first
        call has the chosen style at once; a change fades from wherever the last fade has got to. If all weights are 0,
        the chosen style is used alone.
        """
        self._choose(str(values["style"]), float(values["fade"]), now)
        self._last = now
        self._crossfade(float(values["fade"]), now)
        self._blend *= float(values["base"])
        for place, weight in enumerate(self._weights):
            self._blend[place] += float(values[weight])
        total = self._blend.sum()
        if total <= 1e-6:  # everything is turned down: the chosen style, rather than grey
            self._crossfade(float(values["fade"]), now)
        else:
            self._blend /= total
        return self._blend

    def _choose(self, style: str, fade: float, now: float) -> None:
        """Begin a fade to another style, from wherever the last fade has got to; the next picture already shows it."""
        if style == self._chosen:
            return
        first = not self._chosen
        self._crossfade(fade, self._last)
        self._from[:] = self._blend
        self._to[:] = 0.0
        self._to[self._names.index(style)] = 1.0
        self._chosen, self._since = style, now - fade if first else self._last

    def _crossfade(self, fade: float, now: float) -> None:
        """Write the blend of the fade at ``now`` into ``_blend``."""
        part = min(1.0, (now - self._since) / fade) if fade > 0.0 else 1.0
        np.multiply(self._from, 1.0 - part, out=self._blend)
        self._blend += part * self._to
        if part >= 1.0:  # the fade is over, even if ``fade`` is made longer later
            self._from[:] = self._to
