"""The base of families that paint like a picture they are shown, and the style over time."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.model.common_params import BLEND, FADE
from vj.model.families.network_model import Controls, NetworkModel
from vj.model.model import Prepared
from vj.model.style_images import Numbers, StyleImages
from vj.params.param import Param, Value, picture

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import CompiledNetwork

PAINTINGS: Final = ("burning_field.jpg", "woodcut_wave.jpg")
"""The bundled paintings that are used if none is named."""
_NAMES: Final = ("style_image", "style_image_2")
_CAMERA: Final = "camera"
_PATIENCE: Final = 1.0
"""Seconds that the first picture waits for its painting, so that it isn't shown in another style."""
_LOOK_EVERY, _LOOK_SMOOTH = 1.0, 0.7
"""Seconds between two looks at the camera's own style, and the time constant (s) with which it is followed."""


class StyleModel(NetworkModel):
    """A family with two networks: one describes a painting's style by a row of numbers, the other paints with them.
    Families define `describer` and `of_style`."""

    watched = False  # the numbers that describe its paintings would be those of older weights
    params = (
        picture("style_image", help="the painting; a bundled one if empty; changing it crossfades"),
        picture("style_image_2", help="the second painting"),
        BLEND,
        Param("depth", default=1.0, smooth=0.05, help="how much of the painting; at 0 the source's own style is left"),
        FADE,
        *NetworkModel.params,
    )

    def describer(self) -> Callable[[Pixels], Numbers]:
        """Returns the function that turns a picture, uint8 RGB [h, w, 3] of any size, into the numbers of its style, a
        new float32 array. Families define this; here it raises NotImplementedError. It is called once, may load a
        network, and the function that it returns is called in a thread beside the show."""
        raise NotImplementedError

    def of_style(self, numbers: Numbers) -> Controls:
        """Returns the painting network's inputs beside the picture, float32, in the order of `Network.controls`, for
        the ``numbers`` of a style, as `describer`'s function gives them. Families define this; here it raises
        NotImplementedError."""
        raise NotImplementedError

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Describe the bundled paintings, the first time, which loads the describing network and starts the thread that
        describes later ones; then compile the painting network for pictures of ``size`` and return it as a new
        `Prepared`. ``variant`` is as in `Model.prepare`. Raises as `Model.prepare` does, and BadInput if the paintings
        can't be read."""
        self._mix.warm()
        return super().prepare(size, variant)

    def run_on(
        self, compiled: "CompiledNetwork", picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float
    ) -> float:
        """Preprocess ``picture``, run ``compiled`` on it with the style of this moment, and write the result into
        ``out``; `prepare` must have been called. Sets `notice`: why a painting can't be used, or empty. Arguments and
        result are as in `NetworkModel.run_on`: uint8 RGB [h, w, 3] of the compiled size, values by name, monotonic
        seconds; the result's mean (white is 1)."""
        seen = self._conditioner.apply(picture, values, now)
        style = self._mix.at(values, seen, now)
        self.notice = self._mix.notice
        return compiled.run(seen, self.of_style(style), out)

    @cached_property
    def _mix(self) -> "StyleMix":
        return StyleMix(StyleImages(self.describer(), in_thread=self.in_thread))


class StyleMix:
    """The style over time: two paintings, each fading when it is changed, and the camera's own style. ``paintings``
    describes them; `warm` starts it."""

    def __init__(self, paintings: StyleImages) -> None:
        self._paintings = paintings
        self._fading = Fading(), Fading()
        self._own: Numbers | None = None
        self._looked = -math.inf
        self._last: float | None = None
        self._warm = False

    @property
    def notice(self) -> str:
        """Why paintings can't be used, those of the last requests; empty if all can."""
        return self._paintings.notice

    def warm(self) -> None:
        """Describe the bundled paintings, in the caller's thread, so that there is a style to begin with; then start
        the thread for all later ones. After it has succeeded once it does nothing.

        Raises BadInput if they can't be read or described.
        """
        if self._warm:
            return
        self._named(PAINTINGS)
        self._paintings.work()
        if self.notice:
            raise BadInput(self.notice)
        self._paintings.start()
        self._warm = True

    def at(self, values: Mapping[str, Value], picture: Pixels, now: float) -> Numbers:
        """Returns the style's numbers for ``picture``, uint8 [h, w, 3], at ``now`` (monotonic, s): float32, of the
        shape that the describing function gives, not to be written to. `warm` must have been called before.

        ``values`` are ``style_image`` and ``style_image_2`` (names or paths of pictures; empty for the bundled ones),
        ``blend``, ``depth`` (both 0..1) and ``fade`` (s). The first call waits up to a second for its paintings; later
        ones never wait, and go on with the earlier paintings until the new ones are described.
        """
        names = [str(values[name]) or bundled for name, bundled in zip(_NAMES, PAINTINGS, strict=True)]
        found = self._named(names)
        if self._last is None:
            self._paintings.settle(_PATIENCE)
            found = self._named(names)
        fade = float(values["fade"])
        first, second = (fading.at(numbers, fade, now) for fading, numbers in zip(self._fading, found, strict=True))
        style = self._shallower(_between(first, second, float(values["blend"])), float(values["depth"]), picture, now)
        self._last = now
        return style

    def _named(self, names: Sequence[str]) -> list[Numbers]:
        """Returns the newest numbers of the paintings ``names``."""
        found = [self._paintings.painting(place, name) for place, name in zip(_NAMES, names, strict=True)]
        return [numbers for numbers in found if numbers is not None]

    def _shallower(self, style: Numbers, depth: float, picture: Pixels, now: float) -> Numbers:
        """Returns ``style`` mixed with the camera's own by ``depth`` (1: ``style`` alone). The camera's own is followed
        only while it is needed."""
        if depth >= 1.0:
            self._own, self._looked = None, -math.inf
            return style
        own = self._follow(picture, now)
        return style if own is None else _between(own, style, depth)

    def _follow(self, picture: Pixels, now: float) -> Numbers | None:
        """Returns the camera's own style, smoothed; it is looked at anew about once a second."""
        looks = now - self._looked >= _LOOK_EVERY
        seen = self._paintings.sight(_CAMERA, picture.copy() if looks else None)
        if looks:
            self._looked = now
        if self._own is None or self._last is None or seen is None:
            self._own = seen
        else:
            self._own = _between(self._own, seen, 1.0 - math.exp((self._last - now) / _LOOK_SMOOTH))
        return self._own


class Fading:
    """Numbers, such as a style's, that crossfade when others are wanted, from wherever the last fade has got to."""

    def __init__(self) -> None:
        self._from: Numbers | None = None
        self._to: Numbers | None = None
        self._since = self._last = 0.0

    def at(self, wanted: Numbers, fade: float, now: float) -> Numbers:
        """Returns the numbers at ``now`` (monotonic, s), float32 of the shape of ``wanted``, moving in a straight line
        towards ``wanted``; a fade takes ``fade`` seconds, from the call before the one in which another array is
        wanted.

        The first call returns ``wanted`` at once. ``wanted`` counts as other numbers if it is another object, and must
        then have the shape of those before. After the fade ``wanted`` itself is returned, so the result must not be
        written to.
        """
        if wanted is not self._to:
            self._from = wanted if self._to is None else self._crossfaded(fade, self._last)
            self._to, self._since = wanted, self._last
        self._last = now
        if now - self._since >= fade:
            self._from = wanted  # a fade that is made longer later must not bring the old ones back
            return wanted
        return self._crossfaded(fade, now)

    def _crossfaded(self, fade: float, now: float) -> Numbers:
        assert self._from is not None
        assert self._to is not None
        return _between(self._from, self._to, min(1.0, (now - self._since) / fade) if fade > 0.0 else 1.0)


def _between(one: Numbers, other: Numbers, part: float) -> Numbers:
    return one + np.float32(part) * (other - one)
