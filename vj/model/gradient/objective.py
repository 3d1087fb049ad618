"""Objectives that a picture is changed towards. Each gives the derivative by the activations of the layers that it
reads.

The numbers that a performer moves (which unit, where, how much, towards which class) are inputs of the written-out
step. So they can change from one picture to the next without compiling anything again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from vj.model.gradient.half_precision import widened
from vj.model.network import NetworkControl

if TYPE_CHECKING:
    from torch import Tensor

_TINY = 1e-12


class Objective(Protocol):
    """An objective over a few layers: what a picture is changed towards. Classes that have these members fulfil it.

    `Units`, `Guide`, `Towards` and `vj.model.gradient.gram.Gram` do.
    """

    key: str
    """Text for the keys of caches: objectives with the same key and the same `layers` compute the same."""
    layers: tuple[str, ...]
    """The layers whose activations it reads, by the network's own names."""
    beside: tuple[str, ...]
    """Those of `layers` whose activations it also reads for a second picture; empty if it needs none."""

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """Returns the objective's live inputs, by name and shape, in the order in which `seeds` takes their values.

        ``shapes`` are those of the activations of `layers`, in order: [1, channels, h, w] or [1, classes].
        """
        ...

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """Returns, for each of `layers`, the derivative of the objective by its activations, in their shape.

        It points to where the objective grows. ``activations`` are those of `layers`, ``beside`` the second picture's
        for the layers in `beside` (empty if there are none), ``controls`` the values of `controls`, all in order. The
        result is in 32-bit floats at least, also if they are in half precision.
        """
        ...


class Units:
    """Steers towards layers, channels, neurons and classes, each with a weight (Mordvintsev et al. 2015; Olah et al.
    2017).

    Each layer has these controls, in this order, named with the layer's number behind (``energy_0``). ``energy`` [1, c,
    1, 1] weights half the sum of squares by channel; ones everywhere dream the whole layer. ``linear`` [1, c, 1, 1]
    weights the sum by channel; a single one stands for a unit or a class. ``gain`` [1] weights the layer, after the
    derivatives by all layers are brought to one scale. ``where`` [3] is x, y and reach as parts of the picture, only
    for layers with places: a reach of 1 or more is everywhere, and a channel at a place is a neuron. For a layer
    without places the first two are [1, c].
    """

    beside: tuple[str, ...] = ()

    def __init__(self, layers: Sequence[str]) -> None:
        """``layers`` are the network's own names; any layers will do, with places or without."""
        self.layers = tuple(layers)
        self.key = f"units-{len(self.layers)}"

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """Returns, for each layer in order, ``energy_0``, ``linear_0``, ``gain_0`` and, if it has places, ``where_0``,
        with the layer's number in place of 0.

        ``shapes`` are those of the activations of ``layers``: [1, c, h, w], or [1, c] without places. Energy and linear
        are [1, c, 1, 1] or [1, c], gain is [1] and where is [3].
        """
        found: list[NetworkControl] = []
        for place, shape in enumerate(shapes):
            by_channel = (1, shape[1], *(1 for _ in shape[2:]))
            found += [NetworkControl(f"energy_{place}", by_channel, 1.0), NetworkControl(f"linear_{place}", by_channel)]
            found.append(NetworkControl(f"gain_{place}", (1,), 1.0))
            if len(shape) == 4:
                found.append(NetworkControl(f"where_{place}", (3,), 1.0))
        return tuple(found)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """Returns, for each layer, (energy * activations + linear) * window, divided by the mean of its absolute
        numbers and multiplied by the gain, in the shape of its activations.

        ``activations`` and ``controls`` are in the order of ``layers`` and of `controls`; ``beside`` isn't used. Layers
        without places have no `window`.
        """
        found: list[Tensor] = []
        given = map(widened, controls)
        for numbers in map(widened, activations):
            energy, linear, gain = next(given), next(given), next(given)
            seed = numbers * energy + linear
            seed = seed * window(numbers, next(given)) if numbers.dim() == 4 else seed
            found.append(seed * (gain / (seed.abs().mean() + _TINY)))
        return found


def window(numbers: Tensor, where: Tensor) -> Tensor:
    """Returns weights [1, 1, h, w] in 0..1 for ``numbers`` [1, c, h, w], of which only the size counts.

    ``where`` [3] is x, y and reach. x is a part of the width, from the left, y a part of the height, from the top. The
    weight falls off from 1 at (x, y) as a bell curve, whose deviation is ``reach`` times the width across, and
    ``reach`` times the height down. With a reach of 1 or more it is 1 everywhere.
    """
    import torch  # only when a step is built: a restarted engine loads compiled steps, without torch

    ones, where = torch.ones_like(widened(numbers[:, :1])), widened(where)
    across = (ones.cumsum(3) - 0.5) / ones.sum(3, keepdim=True)
    down = (ones.cumsum(2) - 0.5) / ones.sum(2, keepdim=True)
    reach = where[2].clamp(min=1e-3)
    fall = torch.exp(-((across - where[0]) ** 2 + (down - where[1]) ** 2) / (2.0 * reach * reach))
    return torch.maximum(fall, (where[2:3] >= 1.0).to(fall.dtype).reshape(1, 1, 1, 1))


class Guide:
    """Steers towards what another picture shows in the layer (guided dreaming, Mordvintsev et al. 2015). Each place
    follows the most similar of ``count`` samples of that picture's activations; similarity is the dot product.

    Its only control is ``guide`` [count, channels], these samples, which `vj.model.gradient.step.Steps.samples` reads.
    The derivative is divided by the mean of its absolute numbers.
    """

    beside: tuple[str, ...] = ()
    count = 128
    """The number of samples, for all instances."""

    def __init__(self, layer: str) -> None:
        """``layer`` is the network's own name of a layer with places."""
        self.layers: tuple[str, ...] = (layer,)
        self.key = f"guide-{self.count}"

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """Returns the only control, ``guide`` [count, channels]. ``shapes`` holds one shape, that of the layer's
        activations [1, channels, h, w]."""
        return (NetworkControl("guide", (self.count, shapes[0][1]), 0.1),)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """Returns one derivative, in the shape of the layer's activations [1, channels, h, w]: at each place the most
        similar row of ``guide`` (the mean of these if several are alike), divided by the mean of all absolute numbers.

        ``controls`` is ``guide`` alone; ``beside`` isn't used.
        """
        (numbers,), (guide,) = map(widened, activations), map(widened, controls)
        places = numbers.flatten(2)[0].transpose(0, 1)  # [h·w, channels]
        alike = places @ guide.transpose(0, 1)
        best = (alike >= alike.amax(1, keepdim=True)).to(numbers.dtype)
        wanted = (best @ guide) / best.sum(1, keepdim=True)
        seed = wanted.transpose(0, 1).reshape(numbers.shape).contiguous()  # else torch's own gradient goes wrong
        return [seed / (seed.abs().mean() + _TINY)]


class Towards:
    """Steers towards the distribution ``wanted`` over the classes, by lowering the cross entropy.

    ``wanted`` is its only control: [1, classes], probabilities whose sum is 1.
    """

    beside: tuple[str, ...] = ()
    key = "towards"

    def __init__(self, layer: str) -> None:
        """``layer`` is the network's own name of the layer that gives the class scores."""
        self.layers: tuple[str, ...] = (layer,)

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """Returns the only control, ``wanted`` [1, classes]. ``shapes`` holds one shape, that of the scores [1,
        classes]."""
        return (NetworkControl("wanted", (1, shapes[0][1]), 1.0 / shapes[0][1]),)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """Returns one derivative, [1, classes]: ``wanted`` minus the softmax of the scores, which are the only
        activations. ``controls`` is ``wanted`` alone; ``beside`` isn't used."""
        import torch

        (scores,), (wanted,) = map(widened, activations), map(widened, controls)
        return [wanted - torch.softmax(scores, 1)]
