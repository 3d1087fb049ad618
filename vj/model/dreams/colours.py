"""Brings one picture to the colours of another: their mean and their covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

_EVERY: Final = 4
"""Only every so many pixels, across and down, are looked at."""
_LEAST: Final = 1e-3
"""Variance that is added along every colour: what varies less is noise, and must not be amplified."""

_Matrix = npt.NDArray[np.float64]


class Colours:
    """The ``mean`` [3] and the ``covariance`` [3, 3] (float64, by RGB channel) of the colours of a picture, which is
    float32 [h, w, 3] in 0..1 and isn't kept. They are taken from every fourth pixel across and down; 0.001 is added to
    each variance."""

    def __init__(self, picture: Floats) -> None:
        seen = picture[::_EVERY, ::_EVERY].reshape(-1, 3)
        self.mean: _Matrix = seen.mean(0, dtype=np.float64)
        self.covariance: _Matrix = np.cov(seen, rowvar=False, dtype=np.float64) + _LEAST * np.eye(3)

    def on(self, picture: Floats, part: float = 1.0) -> Floats:
        """Returns a new float32 picture [h, w, 3]: ``picture``, 0..1 and of any size, with its colours moved by
        ``part`` (0..1) towards these, clamped to 0..1.

        The linear map is the one that moves colours least (F. Pitié, A. Kokaram, "The linear Monge-Kantorovitch linear
        colour mapping for example-based colour transfer", 2007).
        """
        own = Colours(picture)
        root, back = _power(own.covariance, 0.5), _power(own.covariance, -0.5)
        matrix = back @ _power(root @ self.covariance @ root, 0.5) @ back
        matrix = part * matrix + (1.0 - part) * np.eye(3)
        mean = part * self.mean + (1.0 - part) * own.mean
        found: Floats = cv2.transform(picture, np.hstack((matrix, (mean - matrix @ own.mean)[:, None])))
        return np.clip(found, 0.0, 1.0, out=found)


def _power(matrix: _Matrix, exponent: float) -> _Matrix:
    """Returns the power of a symmetric matrix without negative eigenvalues."""
    values, axes = np.linalg.eigh(matrix)
    found: _Matrix = axes * np.maximum(values, 1e-9) ** exponent @ axes.T
    return found
