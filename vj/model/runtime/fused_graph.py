"""Rewrites a torch network so that what surrounds its convolutions becomes a few operations that do several things.

A norm, the activation after it, the sum with a residual, nearest upsampling and the reflected border of the next
convolution become one operation of `vj.model.runtime.fused_ops`, as do a convolution's bias and what follows that.
The network's module and its weights stay as they are; the rewritten graph is for pictures of one size.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from vj.model.runtime import fused_ops
from vj.model.runtime.export import TRACING
from vj.model.runtime.fused_ops import LINEAR, NO_BORDER, Border

_ATEN: Final[Any] = torch.ops.aten
_ADDITIONS: Final = (_ATEN.add.Tensor, _ATEN.add_.Tensor)
_CONVOLUTIONS: Final = (_ATEN.conv2d.default, _ATEN.conv_transpose2d.input)
_SOFT: Final = {_ATEN.leaky_relu.default, _ATEN.leaky_relu_.default}
_HARD: Final = {_ATEN.relu.default, _ATEN.relu_.default}


def fused(module: nn.Module, given: Sequence[Tensor]) -> GraphModule:
    """Returns a new module that computes what ``module`` does, for inputs of the shapes of ``given``; both share the
    weights. Raises torch.export's own errors where it can't follow the module."""
    with TRACING, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's, about torch itself
        graph = torch.export.export(module, tuple(given)).module()
    assert isinstance(graph, GraphModule)
    for check in [node for node in graph.graph.nodes if node.op == "call_module"]:
        graph.graph.erase_node(check)  # of the inputs' shapes, which are always the same here
    for begin in (_norm, _batch_norm, _bias, _moved):
        for node in list(graph.graph.nodes):
            if node.op == "call_function" and not node._erased and (chain := begin(graph, node)):
                chain.replace(graph)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph


@dataclass
class Chain:
    """Operations that follow each other and become one: ``operation`` with ``given``, its arguments up to ``slope``.

    ``nodes`` are those that it replaces, in order; the further fields are its last arguments, as in
    `vj.model.runtime.fused_ops.shaped`.
    """

    operation: Callable[..., Tensor]
    given: tuple[Any, ...]
    nodes: list[Node]
    slope: float = LINEAR
    added: Node | None = None
    up: int = 1
    border: Border = NO_BORDER
    _stages: list[str] = field(default_factory=list)

    def follow(self) -> Chain:
        """Takes in what comes behind, as long as nothing else needs the numbers in between. Returns this chain."""
        while len(self.nodes[-1].users) == 1:
            (user,) = self.nodes[-1].users
            if not self._takes(user):
                break
            self.nodes.append(user)
        return self

    def replace(self, graph: GraphModule) -> None:
        """Puts one operation into ``graph`` in the place of all of them."""
        last = self.nodes[-1]
        with graph.graph.inserting_before(last):
            arguments = (*self.given, self.slope, self.added, self.up, self.border)
            made = graph.graph.call_function(self.operation, arguments)
        made.meta["val"] = last.meta["val"]
        last.replace_all_uses_with(made)
        for node in reversed(self.nodes):
            graph.graph.erase_node(node)

    def _takes(self, user: Node) -> bool:
        """Returns whether ``user`` may be done in this chain: the order is activation, sum, enlarging, border."""
        if user.op != "call_function":
            return False
        if user.target in _HARD | _SOFT:
            return self._enters("activation", slope=_slope(user))
        if user.target in _ADDITIONS and (other := _other(user, self.nodes[-1])):
            return self._enters("sum", added=other)
        if up := _enlarging(user):
            return self._enters("enlarging", up=up)
        border = _border(user)
        return border is not None and self._enters("border", border=border)

    def _enters(self, stage: str, **fields: Any) -> bool:
        stages = ("activation", "sum", "enlarging", "border")
        if self._stages and stages.index(stage) <= stages.index(self._stages[-1]):
            return False
        self._stages.append(stage)
        for name, value in fields.items():
            setattr(self, name, value)
        return True


def _norm(graph: GraphModule, node: Node) -> Chain | None:
    """Returns the chain that begins with a norm by the picture's own statistics."""
    if not _is_one_picture(node):
        return None
    if node.target == _ATEN.instance_norm.default:
        x, weight, bias, _, _, by_picture, _, eps, *_ = _arguments(node)
        if not by_picture:
            return None
        if x.target in _CONVOLUTIONS and len(x.users) == 1:
            _drop_bias(x)  # it moves a channel's mean, which the norm takes away
        return Chain(fused_ops.normed, (x, weight, bias, eps, False), [node]).follow()
    if node.target == _ATEN.group_norm.default:
        x, groups, weight, bias, eps, *_ = _arguments(node)
        return Chain(fused_ops.normed, (x, weight, bias, eps, True), [node]).follow() if groups == 1 else None
    return None


def _batch_norm(graph: GraphModule, node: Node) -> Chain | None:
    """Returns the chain that begins with a norm by statistics from training, if anything follows that it can take
    in."""
    if node.target != _ATEN.batch_norm.default or not _is_one_picture(node):
        return None
    x, weight, bias, mean, variance, training, _, eps, *_ = _arguments(node)
    if training or mean is None:
        return None
    chain = Chain(fused_ops.shaped, (), [node]).follow()
    if len(chain.nodes) == 1:
        return None
    tensors = [None if entry is None else _tensor(graph, entry).float() for entry in (weight, bias, mean, variance)]
    own, offset, middle, spread = tensors
    assert middle is not None
    assert spread is not None
    scale = torch.rsqrt(spread + eps) * (1.0 if own is None else own)
    shift = (0.0 if offset is None else offset) - middle * scale
    if x.target in _CONVOLUTIONS and len(x.users) == 1 and (before := _drop_bias(x)):
        shift = shift + _tensor(graph, before).float() * scale
    chain.given = (x, _constant(graph, node, scale), _constant(graph, node, shift))
    return chain


def _bias(graph: GraphModule, node: Node) -> Chain | None:
    """Returns the chain that begins with a convolution's bias, if anything follows that it can take in."""
    if node.target not in _CONVOLUTIONS or not _is_one_picture(node) or _arguments(node)[2] is None:
        return None
    chain = Chain(fused_ops.shaped, (), [node]).follow()
    if len(chain.nodes) == 1:
        return None
    chain.nodes = chain.nodes[1:]  # the convolution itself stays
    chain.given = (node, None, _drop_bias(node))
    return chain


def _moved(graph: GraphModule, node: Node) -> Chain | None:
    """Returns the chain that begins with nearest upsampling or a reflected border."""
    if not _is_one_picture(node) or not (_enlarging(node) or _border(node) is not None):
        return None
    chain = Chain(fused_ops.shaped, (node.args[0], None, None), [])
    assert isinstance(node.args[0], Node)
    chain.nodes = [node.args[0]]
    chain._takes(node)
    chain.nodes = [node]
    return chain.follow()


def _is_one_picture(node: Node) -> bool:
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.dim() == 4 and value.shape[0] == 1


def _arguments(node: Node) -> tuple[Any, ...]:
    """Returns all of an operation's arguments in order, with defaults where they weren't given."""
    target: Any = node.target
    said = dict(zip((argument.name for argument in target._schema.arguments), node.args, strict=False)) | node.kwargs
    return tuple(
        said.get(argument.name, argument.default_value if argument.has_default_value() else None)
        for argument in target._schema.arguments
    )


def _drop_bias(convolution: Node) -> Node | None:
    """Leaves out a convolution's bias, and returns it; None if it has none."""
    bias = _arguments(convolution)[2]
    if bias is not None:
        convolution.kwargs = {name: value for name, value in convolution.kwargs.items() if name != "bias"}
        if len(convolution.args) > 2:
            convolution.args = (*convolution.args[:2], None, *convolution.args[3:])
    return bias if isinstance(bias, Node) else None


def _slope(node: Node) -> float:
    return float(_arguments(node)[1]) if node.target in _SOFT else 0.0


def _other(addition: Node, known: Node) -> Node | None:
    """Returns the second summand, if the two are pictures of the same shape and are just added."""
    one, other, factor = _arguments(addition)[:3]
    wanted = other if one is known else one
    if factor != 1 or not isinstance(wanted, Node) or wanted is known or not _is_one_picture(wanted):
        return None
    return wanted if wanted.meta["val"].shape == known.meta["val"].shape else None


def _enlarging(node: Node) -> int:
    """Returns how many times nearest upsampling enlarges both sides; 0 for anything else."""
    if node.target != _ATEN.upsample_nearest2d.vec:
        return 0
    before, after = node.args[0].meta["val"].shape, node.meta["val"].shape  # type: ignore[union-attr]
    up = after[2] // before[2]
    return up if (before[2] * up, before[3] * up) == (after[2], after[3]) else 0


def _border(node: Node) -> Border | None:
    """Returns the border of a reflection; None for anything else."""
    if node.target not in (_ATEN.reflection_pad2d.default, _ATEN.pad.default):
        return None
    _, sides, *more = _arguments(node)
    if len(sides) != 4 or (node.target == _ATEN.pad.default and more[0] != "reflect"):
        return None
    left, right, top, bottom = map(int, sides)
    return (left, right, top, bottom) if min(left, right, top, bottom) >= 0 else None


def _tensor(graph: GraphModule, node: Node) -> Tensor:
    """Returns the weight that ``node`` stands for."""
    found: Tensor = operator.attrgetter(str(node.target))(graph)
    return found


def _constant(graph: GraphModule, before: Node, value: Tensor) -> Node:
    """Adds ``value`` to the module as a buffer. Returns its node, placed before ``before``."""
    name = f"folded_{sum(1 for key, _ in graph.named_buffers(recurse=False) if key.startswith('folded_'))}"
    graph.register_buffer(name, value)
    with graph.graph.inserting_before(before):
        return graph.graph.get_attr(name)
