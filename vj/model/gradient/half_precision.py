"""Keeps gradients right in half precision, whose numbers end at 65,504 and have less than four digits below 6e-5.

Sums over a picture's places don't fit into that range, nor do shares of one place in a mean. So whatever has no places
(statistics, class scores, channel weights) is computed in 32-bit floats, and gradients with places are brought to the
middle of the range. Only ratios count, because a step divides by its mean in the end. In 32 or 64 bits, nothing here
changes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # a restarted engine loads compiled steps, without torch
    from torch import Tensor

_LARGEST: Final = 16.0
"""The largest number of a gradient after `levelled`. On its way to the picture it may grow 4,000 times; in an
EfficientNet it grows 200 times."""
_TINY: Final = 1e-30


def is_half(numbers: Tensor) -> bool:
    """Returns whether ``numbers`` are floats of 16 bits."""
    return numbers.dtype.itemsize < 4


def widened(numbers: Tensor) -> Tensor:
    """Returns ``numbers`` as 32-bit floats; the same tensor if they have that precision or more."""
    return numbers.float() if is_half(numbers) else numbers


def fitting(numbers: Tensor, like: Tensor) -> Tensor:
    """Returns ``numbers`` in the format of ``like``; the same tensor if they have it."""
    return numbers if numbers.dtype == like.dtype else numbers.to(like.dtype)


def narrowed(gradient: Tensor, like: Tensor) -> Tensor:
    """Returns ``gradient`` in the format of ``like``, which it is the gradient by, if that has several places; else as
    it is."""
    return fitting(gradient, like) if gradient.dtype != like.dtype and _has_places(like) else gradient


def about_to_be_rounded(gradients: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> bool:
    """Returns whether all of ``gradients`` are wider than those of ``values`` that they are by (those of the same
    names), and one of these has several places, so that `narrowed` will round it."""
    wider = all(gradient.dtype != values[name].dtype for name, gradient in gradients.items())
    return wider and any(_has_places(values[name]) for name in gradients)


def levelled(gradients: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns ``gradients``, all multiplied by one number, so that the largest of their numbers becomes `_LARGEST`;
    numbers that are all 0 stay so."""
    largest = [gradient.abs().amax() for gradient in gradients.values()]
    most = largest[0]
    for other in largest[1:]:
        most = most.maximum(other)
    return {name: gradient * (_LARGEST / (most + _TINY)) for name, gradient in gradients.items()}


def _has_places(numbers: Tensor) -> bool:
    """Returns whether ``numbers`` are [1, c, h, w] with more than one place."""
    return numbers.dim() == 4 and tuple(numbers.shape[2:]) != (1, 1)
