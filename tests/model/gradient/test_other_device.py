"""A step runs where its picture is: it makes and copies nothing on the processor, so a card can record it."""

from collections.abc import Callable, Sequence
from functools import cache

import pytest
import torch
from torch import nn

from tests.model.elsewhere import ELSEWHERE, moved, only_elsewhere
from tests.model.gradient.networks import Inception, Mobile, Plain
from tests.model.gradient.test_written import Lopsided, made, samples
from vj.model.gradient.gram import Gram
from vj.model.gradient.graph import GradientGraph, Operation, read
from vj.model.gradient.objective import Guide, Objective, Towards, Units
from vj.model.gradient.rules import RULES, rule
from vj.model.gradient.written import Written
from vj.model.network import UNIT

NETWORKS = (Mobile, Inception, Plain, Lopsided)
ALIKE = {
    "_unsafe_view": "view",
    "flatten": "view",
    "reshape": "view",
    "constant_pad_nd": "pad",
    "max_pool2d_with_indices": "max_pool2d",
    "relu6": "hardtanh",
}
"""Kinds of operations that have the rule of another kind."""
MORE = (
    Operation("y", "clamp", ("x",), {"min": -0.5, "max": 0.5}),
    Operation("y", "clamp", ("x",), {"min": 0.0}),
    Operation("y", "div", ("x",), {"other": 2.0}),
)
"""Operations of which none of the networks has one."""
OBJECTIVES: Sequence[tuple[type[nn.Module], Callable[[list[str]], Objective]]] = (
    (Mobile, lambda layers: Units([layers[2], layers[-1]])),
    (Mobile, lambda layers: Guide(layers[2])),
    (Mobile, lambda layers: Towards(layers[-1])),
    (Inception, lambda layers: Gram(layers[:3], layers[1])),
)


@cache
def graph_of(net: type[nn.Module]) -> GradientGraph:
    return read(made(net), 64)


def test_every_rule_is_among_them() -> None:
    found = {operation.kind for net in NETWORKS for operation in graph_of(net).operations}
    assert set(RULES) == found | {operation.kind for operation in MORE} | ALIKE.keys()
    assert found >= set(ALIKE.values())


@pytest.mark.parametrize("precision", [torch.float32, torch.float16])
@pytest.mark.parametrize("net", NETWORKS)
def test_every_rule_stays_there(net: type[nn.Module], precision: torch.dtype) -> None:
    graph = graph_of(net)
    layer = list(graph.layers)[-1]
    _step_stays_there(Written(graph, objective := Units([layer]), UNIT), objective, [graph.shapes[layer]], precision)


@pytest.mark.parametrize("precision", [torch.float32, torch.float16])
@pytest.mark.parametrize(("net", "make"), OBJECTIVES, ids=["units", "guide", "towards", "gram"])
def test_every_objective_stays_there(
    net: type[nn.Module], make: Callable[[list[str]], Objective], precision: torch.dtype
) -> None:
    graph = graph_of(net)
    objective = make(list(graph.layers))
    shapes = [graph.shapes[layer] for layer in objective.layers]
    _step_stays_there(Written(graph, objective, UNIT), objective, shapes, precision)


def _step_stays_there(
    step: Written, objective: Objective, shapes: list[tuple[int, ...]], precision: torch.dtype
) -> None:
    image = torch.empty(1, 6 if objective.beside else 3, 70, 83, dtype=precision, device=ELSEWHERE)
    controls = [one.to(precision) for one in moved(samples(objective, shapes))]
    step.to(ELSEWHERE, precision)
    with torch.inference_mode(), only_elsewhere():
        found = step(image, *controls)
    assert (found.dtype, found.device, found.shape) == (torch.float32, ELSEWHERE, (1, 3, 70, 83))


@pytest.mark.parametrize("operation", MORE, ids=lambda operation: operation.kind)
def test_more_rules_stay_there(operation: Operation) -> None:
    its, x = rule(operation).to(ELSEWHERE), torch.empty(1, 3, 8, 8, device=ELSEWHERE)
    with torch.inference_mode(), only_elsewhere():
        result = its(x)
        (found,) = its.backward(result, result, x)
    assert found.device == ELSEWHERE
