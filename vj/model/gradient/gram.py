"""Style and content as an objective: a picture with the correlations of a painting and the shapes of another picture.

Paper: L. A. Gatys, A. S. Ecker, M. Bethge, "A neural algorithm of artistic style", 2015. Where the paper has squared
errors, these are absolute and relative, so that a painting's strongest channels don't drown all others and all layers
weigh alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn

from vj.model.gradient.half_precision import widened
from vj.model.network import NetworkControl

if TYPE_CHECKING:
    from vj.model.gradient.step import Steps
    from vj.model.runtime.compiled_network import Floats

_TINY: Final = 1e-6
SOFT: Final = 0.02
"""The difference, as a part of the mean of what is wanted, below which the derivative of an error fades out."""
_SIZES: Final = 5
"""The number of different picture sizes inside a VGG."""
_COARSEST: Final = 16
"""How many pixels of a side may become one in a layer of the style; the correlations of deeper layers are of things,
not of strokes."""


class Gram:
    """Steers towards the correlations of channels in the layers ``style``, and another picture's activations in the
    layer ``content``.

    The loss is a sum. Each style layer adds its ``weight`` times this: the error of its correlations, plus
    ``statistics`` times the errors of its channels' means and deviations. The content layer adds ``content`` times its
    squared error. `seeds` returns the negative derivative of the loss.

    Correlations [c, c] are the means over all places of the products of two channels. Errors are relative: the sum of
    the absolute (for content, squared) differences, divided by the same sum of what is wanted. A difference d counts as
    sqrt(d² + soft²), where soft is `SOFT` times the mean of what is wanted, so that the derivative fades out near the
    target.

    It fulfils `vj.model.gradient.objective.Objective`: ``layers`` are the style layers and then the content layer,
    ``beside`` is the content layer alone, which is read for the second picture too; ``key`` is text for caches, such as
    ``gram-5`` for five style layers.
    """

    def __init__(self, style: Sequence[str], content: str) -> None:
        """``style`` and ``content`` are layers by the network's own names; the style layers go from fine to coarse."""
        self.layers = (*style, content)
        self.beside: tuple[str, ...] = (content,)
        self.key = f"gram-{len(style)}"

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """Returns the controls, in the order in which `seeds` takes their values; ``shapes`` are those of the
        activations of ``layers``, [1, c, h, w] each.

        First come ``content`` and ``statistics``, [1] each; then for every style layer ``weight_0`` [1], ``gram_0`` [c,
        c], ``mean_0`` and ``deviation_0`` [c, 1], with the layer's number in place of 0.
        """
        found = [NetworkControl(name, (1,), 1.0) for name in ("content", "statistics")]
        for place, (_, channels, *_) in enumerate(shapes[:-1]):
            found.append(NetworkControl(f"weight_{place}", (1,), 1.0))
            found.append(NetworkControl(f"gram_{place}", (channels, channels), 0.1))
            found += [NetworkControl(f"{name}_{place}", (channels, 1), 0.1) for name in ("mean", "deviation")]
        return tuple(found)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """Returns the negative derivative of the loss by the activations of each layer, in their shapes: the direction
        to change them in. The list is in the order of ``layers``: the style layers' first, the content layer's last.

        ``activations`` are those of ``layers``, [1, c, h, w] each; ``beside`` holds the content layer's for the picture
        whose shapes are wanted; ``controls`` are in the order of `controls`. Each derivative is multiplied by the
        number of places in the first layer.
        """
        content, statistics, *rest = map(widened, controls)
        *styles, shown = map(widened, activations)
        most = _places(styles[0])
        found: list[Tensor] = []
        for numbers, at in zip(styles, range(0, len(rest), 4), strict=True):
            weight, gram, mean, deviation = rest[at : at + 4]
            change = _towards(_flat(numbers), gram, mean, deviation, statistics)
            found.append(change.reshape(numbers.shape) * (weight * (most / _places(numbers))))
        (wanted,) = map(widened, beside)
        share = most / (_places(shown) * shown.shape[1] * ((wanted * wanted).mean() + _TINY))
        return [*found, (wanted - shown) * (2.0 * content * share)]


def _towards(numbers: Tensor, gram: Tensor, mean: Tensor, deviation: Tensor, statistics: Tensor) -> Tensor:
    """Returns the negative derivative of a style layer's errors by ``numbers`` [c, places], times the number of places,
    as [c, places]."""
    found, means, deviations = measured(numbers)
    matrix = -2.0 * _slope(found, gram)
    by_deviation = statistics * _slope(deviations, deviation) / deviations
    matrix = matrix - by_deviation * torch.eye(matrix.shape[0], dtype=matrix.dtype, device=matrix.device)
    return matrix @ numbers + (by_deviation * means - statistics * _slope(means, mean))


def measured(numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Returns correlations [c, c], means [c, 1] and deviations [c, 1] of the channels of ``numbers`` [c, places].

    A correlation is the mean over all places of the product of two channels. Deviations are never 0.
    """
    gram = numbers @ (numbers / numbers.shape[1]).transpose(0, 1)
    means = numbers.mean(1, keepdim=True)
    squares = (gram * torch.eye(gram.shape[0], dtype=gram.dtype, device=gram.device)).sum(1, keepdim=True)
    return gram, means, ((squares - means * means).clamp(min=0.0) + _TINY).sqrt()


def _slope(found: Tensor, wanted: Tensor) -> Tensor:
    """Returns the derivative of the relative error by ``found``."""
    size = wanted.abs().mean() + _TINY
    error, soft = found - wanted, SOFT * size
    return error / ((error * error + soft * soft).sqrt() * (size * found.shape[0] * found.shape[1]))


def _flat(numbers: Tensor) -> Tensor:
    """Returns [1, c, h, w] as [c, h·w]."""
    return numbers.flatten(2)[0]


def _places(numbers: Tensor) -> Tensor:
    """Returns the number of places of ``numbers``, in 32-bit floats at least, as a tensor, so that an exported step
    holds for pictures of any size."""
    return torch.ones_like(numbers[0, 0]).sum()


def described(activations: Sequence[Tensor]) -> Floats:
    """Returns the correlations, means and deviations of all style layers' ``activations`` [1, c, h, w], joined into one
    row of numbers.

    It is a new float32 array [n], layer by layer: c·c correlations, c means, c deviations; `parts` takes it apart
    again. The tensors lie in the processor's memory and need no gradient.
    """
    parts = [part.flatten() for numbers in activations for part in measured(_flat(numbers))]
    return np.ascontiguousarray(torch.cat(parts).numpy())


def parts(numbers: Floats, channels: Sequence[int]) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Yields for each layer its correlations [c, c], means [c, 1] and deviations [c, 1], which are views of
    ``numbers``.

    ``numbers`` are from `described`, for layers of so many ``channels``, in order.
    """
    at = 0
    for count in channels:
        gram, mean, deviation = np.split(numbers[at : at + count * (count + 2)], (count * count, count * (count + 1)))
        yield gram.reshape(count, count), mean[:, None], deviation[:, None]
        at += count * (count + 2)


def chosen(steps: Steps) -> Gram:
    """Returns a new objective of the classifier's layers that carry strokes, from fine to coarse, and one that carries
    shapes, which is the content layer. It loads the classifier's module (`Steps.net`), but reads no picture.

    For the strokes, it takes the first layer at each size: among a VGG's rectified layers (relu1_1, relu2_1, ...;
    shapes from relu4_2) as in the paper, among what an EfficientNet's blocks widen to, else among the main layers.
    Layers in which more than `_COARSEST` pixels become one are left out. Except for a VGG, shapes are from the layer
    that the word "patterns" stands for.
    """
    names = list(steps.layers)
    rectified = [name for name in steps.main if isinstance(steps.net.get_submodule(name), nn.ReLU)]
    is_vgg = len(rectified) > _SIZES
    wide = [name for name in names if name.endswith("._relu0")]
    style = _first_of_sizes(steps, (rectified if is_vgg else wide) or steps.main)
    style = [*steps.main[: bool(wide)], *style]
    eighth = [name for name in rectified if steps.layers[name].shrinks == 8]
    return Gram(style, eighth[min(1, len(eighth) - 1)] if is_vgg and eighth else steps.layer("patterns"))


def _first_of_sizes(steps: Steps, names: Sequence[str]) -> list[str]:
    """Returns the first of ``names`` at each size, down to `_COARSEST`."""
    found: dict[int, str] = {}
    for name in names:
        if steps.layers[name].shrinks <= _COARSEST:
            found.setdefault(steps.layers[name].shrinks, name)
    return list(found.values())
