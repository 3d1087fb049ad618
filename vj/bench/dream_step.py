"""A step of deep dream as benches time it: the written-out one, and the peer, which computes it by autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from vj.base.frame import Size
from vj.bench.subjects import operations
from vj.model.dreams.dream_model import DreamModel
from vj.model.files.library import Entry
from vj.model.network import Network

if TYPE_CHECKING:
    from vj.model.gradient.step import Steps

LAYER: Final = "patterns"
"""The layer that is dreamed of, by its word."""


def steps_of_model(entry: Entry) -> Steps:
    """Returns the steps of the classifier that ``entry`` plays, a dream whose files are there."""
    model = Entry.from_job(entry.to_job()).make_model()
    assert isinstance(model, DreamModel)
    return model.steps


def step_network(steps: Steps, size: Size) -> Network:
    """Returns the network of one step towards `LAYER`, written out, for pictures of ``size``."""
    from vj.model.gradient.objective import Units

    return steps.network(Units([steps.layer(LAYER)]), size)


def autograd(steps: Steps, size: Size, device: str) -> Callable[[], object]:
    """Returns a function that computes the step by autograd over the same folded operations, eager, in 32-bit floats
    and only as far as the layer. ``device`` is torch's word for where; it doesn't wait for the device."""
    import torch

    from vj.model.gradient.objective import Units

    layer = steps.layer(LAYER)
    built = steps.written(Units([layer])).to(device)
    image = torch.rand(1, 3, size.height, size.width, device=device, requires_grad=True)

    def run() -> object:
        (activations,) = built.activations(image, [layer])
        return torch.autograd.grad(activations, image, activations.detach())

    return run


def step_operations(steps: Steps, size: Size) -> float:
    """Returns the multiplications and additions of one written-out step, as torch counts them."""
    return operations(step_network(steps, size), size)
