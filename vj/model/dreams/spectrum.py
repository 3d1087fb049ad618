"""A picture as its spectrum, which gradient ascent changes evenly: coarse shapes as readily as fine ones.

Ascent on pixels finds noise of the highest frequencies. On coefficients that are scaled as in natural pictures (by one
over the frequency), and on colours that don't correlate, it finds shapes (Olah, Mordvintsev, Schubert, "Feature
Visualization", Distill 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from vj.base.frame import Size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

_VARIANCES: Final = (0.2175, 0.0188, 0.0045)
_AXES: Final = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
"""ImageNet's colours: the eigenvalues of their covariance, and its eigenvectors as columns (RGB): grey, blue to yellow,
green to magenta. As published for AlexNet's augmentation (Krizhevsky et al. 2012)."""
_FALL: Final = 1.3
"""The power of the frequency by which waves are divided. Natural pictures have about 1; Adam moves every wave alike,
and most of them are fine, so a little more keeps grain down."""
_CONTRAST: Final = 0.5
"""The contrast of the picture before its sigmoid, for coefficients of 1."""
_MOMENTUM, _MEMORY, _TINY = 0.9, 0.99, 1e-8
"""Adam's constants (Kingma, Ba 2015). Its memory is short, because what is wanted changes while it climbs."""


def colours() -> npt.NDArray[np.float64]:
    """Returns the matrix, float64 [3, 3], from three independent numbers to RGB that varies as in photographs: its
    columns are grey, which has length 1, and two shorter colour axes."""
    deviations = np.sqrt(np.array(_VARIANCES))
    mixed: npt.NDArray[np.float64] = np.array(_AXES) * (deviations / deviations[0])
    return mixed


class Spectrum:
    """A picture of ``size`` (even sides) that repeats at its borders, as coefficients, with the memory of its Adam
    optimiser. It begins as even grey."""

    def __init__(self, size: Size) -> None:
        self.size = size
        shape = (3, size.height, size.width)
        self.coefficients: Floats = np.zeros(shape, np.float32)
        """Free numbers of one scale [3, h, w], by colour axis: cosines and sines as `cv2.dft` packs them."""
        self._scale, self._back = _scales(size)
        self._waves, self._mean, self._square, self._spare = (np.zeros(shape, np.float32) for _ in range(4))
        self._picture, self._slope = (np.zeros((*shape[1:], 3), np.float32) for _ in range(2))
        self._mix = colours().astype(np.float32)
        self._steps = 0

    def picture(self) -> Floats:
        """Returns the picture that the coefficients make now, float32 RGB [h, w, 3] in 0..1, in an array that the next
        call overwrites."""
        cv2.merge(list(self._latent()), self._picture)
        cv2.transform(self._picture, self._mix / 2, self._picture)
        np.tanh(self._picture, out=self._picture)  # with the halves before and after it, the sigmoid
        self._picture *= 0.5
        self._picture += 0.5
        return self._picture

    def slope(self, gradient: Floats) -> Floats:
        """Returns the gradient by each coefficient, float32 [3, h, w], from the ``gradient``, float32 [h, w, 3], by the
        picture that `picture` returned last; valid until the next call of any method. The picture and ``gradient`` stay
        as they are."""
        np.subtract(1.0, self._picture, out=self._slope)
        self._slope *= self._picture
        self._slope *= gradient
        cv2.transform(self._slope, self._mix.T, self._slope)
        cv2.split(self._slope, list(self._waves))
        for waves in self._waves:
            cv2.dft(waves, waves)
        self._waves *= self._back
        return self._waves

    def climb(self, gradient: Floats, learning: float, decay: float = 0.0) -> None:
        """Make one step of Adam, upwards along the ``gradient``, float32 [h, w, 3], by the picture that `picture`
        returned last. The coefficients change; call `picture` again to see it.

        The first step changes each coefficient by ``learning``, later ones by about as much where gradients agree;
        ``decay`` is the part by which coefficients shrink with each step (Loshchilov, Hutter 2019).
        """
        slope, mean, square, spare = (
            _sheet(each) for each in (self.slope(gradient), self._mean, self._square, self._spare)
        )
        self._steps += 1
        cv2.accumulateWeighted(slope, mean, 1.0 - _MOMENTUM)
        cv2.multiply(slope, slope, slope)
        cv2.accumulateWeighted(slope, square, 1.0 - _MEMORY)
        cv2.sqrt(square, spare)
        spare += _TINY
        cv2.divide(mean, spare, spare)
        first = (1.0 - _MEMORY**self._steps) ** 0.5 / (1.0 - _MOMENTUM**self._steps)
        numbers = _sheet(self.coefficients)
        cv2.addWeighted(numbers, 1.0 - decay, spare, learning * first, 0.0, numbers)

    def renew(self, part: float, noise: float, random: np.random.Generator) -> None:
        """Replace ``part`` (0..1) of the picture by noise from ``random``, with coefficients that deviate by ``noise``,
        and clear Adam's memory. Call `picture` to see it."""
        self.coefficients *= 1.0 - part
        self.coefficients += part * noise * random.standard_normal(self.coefficients.shape, np.float32)
        self._mean[:], self._square[:], self._steps = 0.0, 0.0, 0

    def at(self, size: Size) -> Spectrum:
        """Returns a new spectrum of the same picture, resized, at another ``size`` (even sides), with an empty memory;
        this one stays usable, but what its `slope` returned is overwritten."""
        found = Spectrum(size)
        for latent, coefficients in zip(self._latent(), found.coefficients, strict=True):
            cv2.dft(cv2.resize(latent, tuple(size), interpolation=cv2.INTER_AREA), coefficients, cv2.DFT_SCALE)
        found.coefficients /= found._scale
        return found

    def _latent(self) -> Floats:
        """Returns the picture before its colours are mixed, [3, h, w]; valid until the next call."""
        np.multiply(self.coefficients, self._scale, out=self._waves)
        for waves in self._waves:
            cv2.dft(waves, waves, cv2.DFT_INVERSE | cv2.DFT_REAL_OUTPUT)
        return self._waves


def _sheet(numbers: Floats) -> Floats:
    """Returns ``numbers`` [3, h, w] as [3·h, w], in the same memory: OpenCV would take the last axis for channels."""
    return numbers.reshape(-1, numbers.shape[-1])


def _scales(size: Size) -> tuple[Floats, Floats]:
    """Returns two arrays [h, w], packed as by `cv2.dft`: the size of each wave, by its frequency; and that times how
    often it stands in an unpacked spectrum, by which its gradient is scaled."""
    width, height = size
    rows, columns = np.arange(height), np.arange(width)
    down = np.repeat(np.minimum(rows, height - rows)[:, None], width, 1)
    down[:, 0] = down[:, -1] = (rows + 1) // 2  # these two columns are packed along the rows
    waves = max(size) * np.hypot(down / height, (columns + 1) // 2 / width)
    scale = _CONTRAST * max(size) / (width * height) ** 0.5 / np.maximum(1.0, waves) ** _FALL
    often = np.full((height, width), 2.0)
    often[:: height - 1, :: width - 1] = 1.0
    return scale.astype(np.float32), (scale * often).astype(np.float32)
