"""A step of gradient ascent as a network: it takes a picture and gives the gradient of an objective by that picture."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vj.model.gradient.graph import IMAGE, GradientGraph, Operation
from vj.model.gradient.half_precision import about_to_be_rounded, fitting, levelled, narrowed, widened
from vj.model.gradient.objective import Objective
from vj.model.gradient.rules import Rule, rule
from vj.model.network import Range

_TINY = 1e-20


class Gradient(nn.Module):
    """Takes a picture [1, 3, h, w] in 0..1 and the objective's controls in order; gives the gradient [1, 3, h, w].

    For an objective that reads a second picture, [1, 6, h, w] goes in: the second picture's channels come last. The
    gradient is the derivative by the first picture, divided by the mean of its absolute numbers. Subclasses define
    `activations` and `gradient`: `Written` and `Autograd`. In half precision, the result is in 32-bit floats.
    """

    scale: Tensor
    """The classifier's range ``takes``, as [1, 3, 1, 1] each: the network takes ``picture * scale + shift``."""
    shift: Tensor

    def __init__(self, objective: Objective, takes: Range) -> None:
        """``takes`` is the range of the numbers that the classifier takes."""
        super().__init__()
        self._objective = objective
        for name, term in (("scale", takes.scale), ("shift", takes.shift)):
            self.register_buffer(name, torch.tensor(term)[None, :, None, None])

    def forward(self, pictures: Tensor, *controls: Tensor) -> Tensor:
        """Returns the gradient by the first picture, [1, 3, h, w], divided by the mean of its absolute numbers.

        ``pictures`` is [1, 3, h, w] in 0..1, or [1, 6, h, w] with a second picture's channels behind if the objective
        reads one; ``controls`` are the values of the objective's controls, in order.
        """
        given = pictures[:, :3] * self.scale + self.shift
        beside: Sequence[Tensor] = ()
        if self._objective.beside:
            beside = self.activations(pictures[:, 3:] * self.scale + self.shift, self._objective.beside)
        gradient = widened(self.gradient(given, beside, controls)) * self.scale
        return gradient / (gradient.abs().mean() + _TINY)

    def activations(self, image: Tensor, layers: Sequence[str]) -> list[Tensor]:
        """Returns the activations of ``layers``, in order, for ``image`` [1, 3, h, w] in the network's own range.

        ``layers`` are the network's own names, and needn't be the objective's (a `Written` only takes layers whose
        operations the objective's need). They are [1, c, h, w] or [1, n] each. Subclasses define it; here it raises
        NotImplementedError.
        """
        raise NotImplementedError

    def gradient(self, image: Tensor, beside: Sequence[Tensor], controls: Sequence[Tensor]) -> Tensor:
        """Returns the objective's derivative by ``image`` [1, 3, h, w], which is in the network's own range; not
        scaled, and in half precision multiplied by any one number.

        ``beside`` are the second picture's activations in the objective's layers ``beside``, ``controls`` the
        objective's values in order. Subclasses define it; here it raises NotImplementedError.
        """
        raise NotImplementedError


class Written(Gradient):
    """A `Gradient` written out as forward operations, which every runtime runs: pictures in 0..1 go in, whatever the
    network takes.

    ``rules`` holds the rules of all operations that the objective's layers need, by the operation's name.
    """

    def __init__(self, graph: GradientGraph, objective: Objective, takes: Range) -> None:
        """``takes`` is the range of the numbers that the network of ``graph`` takes. Raises Inexpressible for an
        operation without a rule, BadInput for a layer that the graph lacks."""
        super().__init__(objective, takes)
        self._graph = graph
        self._ends = [graph.operation_of(layer) for layer in objective.layers]
        self._operations = graph.until(self._ends)
        self.rules = nn.ModuleDict({operation.name: rule(operation) for operation in self._operations})

    @property
    def sized(self) -> bool:
        """True if each size of picture needs a network of its own, because a rule has constants that depend on the
        size."""
        return any(self._rule(operation).sized for operation in self._operations)

    def activations(self, image: Tensor, layers: Sequence[str]) -> list[Tensor]:
        """Returns the activations of ``layers`` (the network's own names), in order, for ``image`` [1, 3, h, w] in the
        network's own range: [1, c, h, w] or [1, n] each.

        They may be any layers whose operations the objective's layers need too; KeyError for those beyond these,
        BadInput for a layer that the graph lacks.
        """
        ends = [self._graph.operation_of(layer) for layer in layers]
        values = self._run(image, self._graph.until(ends))
        return [values[end] for end in ends]

    def gradient(self, image: Tensor, beside: Sequence[Tensor], controls: Sequence[Tensor]) -> Tensor:
        """Returns the objective's derivative by ``image`` [1, 3, h, w], which is in the network's own range, in its
        shape and not scaled.

        ``beside`` are the second picture's activations in the objective's layers ``beside`` (empty if there are none),
        ``controls`` the objective's values in order.
        """
        values = self._run(image, self._operations)
        seeds = self._objective.seeds([values[end] for end in self._ends], beside, controls)
        return self._back(values, zip(self._ends, seeds, strict=True))

    def _run(self, image: Tensor, operations: Sequence[Operation]) -> dict[str, Tensor]:
        """Returns the results of ``operations`` for ``image``, by name."""
        values = {IMAGE: image}
        for operation in operations:
            values[operation.name] = self._rule(operation)(*(values[name] for name in operation.inputs))
        return values

    def _back(self, values: Mapping[str, Tensor], seeds: Iterable[tuple[str, Tensor]]) -> Tensor:
        """Returns the gradient by the picture, computed from the last operation back to the first. Gradients that reach
        a result along several paths are added."""
        gradients = _in_range(_added({}, seeds), values)
        for operation in reversed(self._operations):
            given = [values[name] for name in operation.inputs]
            result = values[operation.name]
            gradient = narrowed(gradients.pop(operation.name), result)
            parts = self._rule(operation).backward(gradient, result, *given)
            gradients = _in_range(_added(gradients, zip(operation.inputs, parts, strict=True)), values)
        return gradients[IMAGE]

    def _rule(self, operation: Operation) -> Rule:
        found = self.rules[operation.name]
        assert isinstance(found, Rule)
        return found


def _added(gradients: dict[str, Tensor], parts: Iterable[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """Returns ``gradients``, the same dictionary, with ``parts`` added by name."""
    for name, part in parts:
        gradients[name] = gradients[name] + part if name in gradients else part
    return gradients


def _in_range(gradients: dict[str, Tensor], values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns ``gradients`` as they are; `levelled` if they are about to be rounded to half precision."""
    return levelled(gradients) if about_to_be_rounded(gradients, values) else gradients


class Autograd(Gradient):
    """A gradient by torch's automatic differentiation, for networks that can't be written out; only torch runs it, and
    it can't be exported."""

    def __init__(self, net: nn.Module, objective: Objective, takes: Range) -> None:
        """``net`` is copied. ``takes`` is the range of the numbers that it takes."""
        super().__init__(objective, takes)
        self._net = copy.deepcopy(net)  # several threads may run the same network: each needs its own hooks

    def activations(self, image: Tensor, layers: Sequence[str]) -> list[Tensor]:
        """Returns the activations of ``layers``, in order, for ``image`` [1, 3, h, w] in the network's own range, by
        running the whole network once.

        ``layers`` are any of the network's own (dotted) names; AttributeError for an unknown one.
        """
        found: dict[str, Tensor] = {}

        def keep(layer: str) -> Any:
            return lambda module, given, result: found.__setitem__(layer, result)

        hooks = [self._net.get_submodule(layer).register_forward_hook(keep(layer)) for layer in set(layers)]
        try:
            self._net(image)
        finally:
            for hook in hooks:
                hook.remove()
        return [found[layer] for layer in layers]

    def gradient(self, image: Tensor, beside: Sequence[Tensor], controls: Sequence[Tensor]) -> Tensor:
        """Returns the objective's derivative by ``image`` [1, 3, h, w], which is in the network's own range, in its
        shape and not scaled. It may be called in torch's inference mode.

        ``beside`` are the second picture's activations in the objective's layers ``beside`` (empty if there are none),
        ``controls`` the objective's values in order.
        """
        with torch.inference_mode(False), torch.enable_grad():
            image = image.clone().requires_grad_()
            activations = self.activations(image, self._objective.layers)
            seen = [numbers.detach() for numbers in activations]
            seeds = self._objective.seeds(seen, [numbers.clone() for numbers in beside], [c.clone() for c in controls])
            (gradient,) = torch.autograd.grad(activations, image, _rounded(seeds, seen))
        return gradient


def _rounded(seeds: Sequence[Tensor], activations: Sequence[Tensor]) -> list[Tensor]:
    """Returns ``seeds`` in the format of ``activations``; in half precision, all are `levelled` before."""
    if all(seed.dtype == numbers.dtype for seed, numbers in zip(seeds, activations, strict=True)):
        return list(seeds)
    level = levelled({str(place): seed for place, seed in enumerate(seeds)})
    return [fitting(seed, numbers) for seed, numbers in zip(level.values(), activations, strict=True)]
