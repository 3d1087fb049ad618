"""What a picture is changed towards: the derivative of an objective by the activations of the layers that it looks at.

The numbers that a performer moves (which unit, where, how much, towards which class) are inputs of the written-out
step, so that they change from one picture to the next with nothing compiled anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from vj.model.network import NetworkControl

if TYPE_CHECKING:
    from torch import Tensor

_TINY = 1e-12


class Objective(Protocol):
    """An objective over a few layers. ``key`` names it in caches: two of one key compute the same."""

    key: str
    layers: tuple[str, ...]
    """Whose activations it looks at, by the network's own names."""
    beside: tuple[str, ...]
    """Of which of them it also wants those of a second picture, given beside the first one."""

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        """What goes in live, for activations of these shapes: [1, channels, h, w] or [1, classes]."""
        ...

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        """For each layer, the objective's derivative by its activations, of their shape."""
        ...


class Units:
    """Layers, channels, neurons and classes, each with a weight (Mordvintsev et al. 2015; Olah et al. 2017).

    For each layer: its ``energy`` by channel (half the sum of squares, which is the whole layer's dream where all are
    1), its ``linear`` by channel (the sum: a single unit or class where one is 1), ``where`` (x, y and reach, in parts
    of the picture; a reach of 1 or more is everywhere: a neuron is a channel at a place; only where there are places)
    and ``gain``. The derivatives by several layers are brought to one scale before they are weighted.
    """

    beside: tuple[str, ...] = ()

    def __init__(self, layers: Sequence[str]) -> None:
        self.layers = tuple(layers)
        self.key = f"units-{len(self.layers)}"

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
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
        found: list[Tensor] = []
        given = iter(controls)
        for numbers in activations:
            energy, linear, gain = next(given), next(given), next(given)
            seed = numbers * energy + linear
            seed = seed * window(numbers, next(given)) if numbers.dim() == 4 else seed
            found.append(seed * (gain / (seed.abs().mean() + _TINY)))
        return found


def window(numbers: Tensor, where: Tensor) -> Tensor:
    """[1, 1, h, w] for [1, c, h, w]: 1 at ``where`` (x, y), falling off with its third number; 1 all over beyond 1."""
    import torch  # only when a step is built: a restarted engine loads compiled ones

    ones = torch.ones_like(numbers[:, :1])
    across = (ones.cumsum(3) - 0.5) / ones.sum(3, keepdim=True)
    down = (ones.cumsum(2) - 0.5) / ones.sum(2, keepdim=True)
    reach = where[2].clamp(min=1e-3)
    fall = torch.exp(-((across - where[0]) ** 2 + (down - where[1]) ** 2) / (2.0 * reach * reach))
    return torch.maximum(fall, (where[2:3] >= 1.0).to(fall.dtype).reshape(1, 1, 1, 1))


class Guide:
    """Towards what another picture shows in that layer: each place follows the most alike of ``count`` samples of the
    guide's activations, by dot product (guided dreaming, Mordvintsev et al. 2015)."""

    beside: tuple[str, ...] = ()
    count = 128

    def __init__(self, layer: str) -> None:
        self.layers: tuple[str, ...] = (layer,)
        self.key = f"guide-{self.count}"

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        return (NetworkControl("guide", (self.count, shapes[0][1]), 0.1),)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        (numbers,), (guide,) = activations, controls
        places = numbers.flatten(2)[0].transpose(0, 1)  # [h·w, channels]
        alike = places @ guide.transpose(0, 1)
        best = (alike >= alike.amax(1, keepdim=True)).to(numbers.dtype)
        wanted = (best @ guide) / best.sum(1, keepdim=True)
        seed = wanted.transpose(0, 1).reshape(numbers.shape).contiguous()  # else torch's own gradient goes wrong
        return [seed / (seed.abs().mean() + _TINY)]


class Towards:
    """Towards the distribution ``wanted`` over the classes: the cross entropy falls."""

    beside: tuple[str, ...] = ()
    key = "towards"

    def __init__(self, layer: str) -> None:
        self.layers: tuple[str, ...] = (layer,)

    def controls(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NetworkControl, ...]:
        return (NetworkControl("wanted", (1, shapes[0][1]), 1.0 / shapes[0][1]),)

    def seeds(
        self, activations: Sequence[Tensor], beside: Sequence[Tensor], controls: Sequence[Tensor]
    ) -> list[Tensor]:
        import torch

        (scores,), (wanted,) = activations, controls
        return [wanted - torch.softmax(scores, 1)]
