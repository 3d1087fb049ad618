"""Networks whose norms, activations, sums and borders were fused compute what they computed before."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.files.architectures import NETS
from vj.model.nets.arbitrary_style import STYLE, ArbitraryTransform
from vj.model.nets.multistyle import MultiStyle
from vj.model.nets.multistyle_weights import STYLES
from vj.model.runtime import fused_ops
from vj.model.runtime.fused_graph import fused

SIDE = 64
GONE = ("instance_norm.default", "group_norm.default", "upsample_nearest2d.vec")
"""Operations that mustn't be there any more, nor reflected borders."""

NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[Tensor, ...]]] = {
    "Johnson": (NETS["transformer_net"], ()),
    "CycleGAN": (lambda: NETS["resnet_generator"](blocks=2), ()),
    "by statistics": (lambda: NETS["resnet_generator"](blocks=2, kind="batch"), ()),
    "anti-aliased": (lambda: NETS["resnet_generator"](blocks=2, shrinking=3, growing=4), ()),
    "pix2pixHD": (lambda: NETS["local_enhancer"](blocks=1, local_blocks=1, filters=8, downs=2), ()),
    "pix2pix": (lambda: NETS["unet"](levels=6, filters=8), ()),
    "pix2pix by picture": (lambda: NETS["unet"](levels=6, filters=8, kind="instance", bias=True), ()),
    "AdaIN": (NETS["adain"], (torch.ones(1, 512, 1, 1), torch.ones(1, 512, 1, 1))),
    "AnimeGAN": (NETS["animegan"], ()),
    "26 styles": (MultiStyle, (torch.full((STYLES,), 1 / STYLES),)),
    "painting": (ArbitraryTransform, (torch.linspace(-1.0, 1.0, STYLE),)),
}


def lively(net: nn.Module) -> nn.Module:
    """Gives a network statistics and weights of norms that change something."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2.0)
        if isinstance(part, nn.BatchNorm2d | nn.GroupNorm) or (isinstance(part, nn.InstanceNorm2d) and part.affine):
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    for buffer in (part.filt for part in net.modules() if hasattr(part, "filt")):
        buffer.uniform_()
    return net.eval().requires_grad_(False)


def kinds(graph: Any) -> Counter[str]:
    return Counter(str(node.target).removeprefix("aten.") for node in graph.graph.nodes if node.op == "call_function")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_computes_the_same_by_fewer_operations(name: str) -> None:
    torch.manual_seed(0)
    make, controls = NETWORKS[name]
    net, given = lively(make()), (torch.rand(1, 3, SIDE, SIDE), *controls)
    with torch.inference_mode():
        graph = fused(net, given)
        assert torch.allclose(graph(*given), net(*given), rtol=1e-3, atol=1e-4)
    before = torch.export.export(net, given).module()
    assert not [kind for kind in kinds(graph) if kind in GONE]
    assert not [node for node in graph.graph.nodes if "reflect" in node.args]
    assert sum(kinds(graph).values()) <= sum(kinds(before).values())
    assert not [node for node in graph.graph.nodes if node.op == "call_module"], "nothing is checked in every pass"
    own = {tensor.data_ptr() for tensor in net.state_dict().values()}
    assert {weight.data_ptr() for weight in graph.parameters()} <= own, "weights are there once"


class Small(nn.Module):
    """A network of one function."""

    def __init__(self, function: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.other = nn.Conv2d(3, 8, 3, padding=1)
        self._function = function

    def forward(self, image: Tensor) -> Tensor:
        return self._function(self, image)


def used_twice(net: Any, x: Tensor) -> Tensor:
    middle = F.instance_norm(net.conv(x))
    return torch.relu(middle) - middle


def relu_after_sum(net: Any, x: Tensor) -> Tensor:
    return torch.relu(net.other(x) + F.instance_norm(net.conv(x)))


def sum_with_part(net: Any, x: Tensor) -> Tensor:
    return F.instance_norm(net.conv(x)) + net.other(x)[:, :, :1, :1]


def weighted_sum(net: Any, x: Tensor) -> Tensor:
    return torch.add(F.instance_norm(net.conv(x)), net.other(x), alpha=0.3)


def with_itself(net: Any, x: Tensor) -> Tensor:
    middle = F.instance_norm(net.conv(x))
    return middle + middle


def three_to_two(net: Any, x: Tensor) -> Tensor:
    return F.interpolate(F.instance_norm(net.conv(x)), size=(24, 24), mode="nearest")


def zeros_around(net: Any, x: Tensor) -> Tensor:
    return F.pad(F.relu(net.conv(x)), (1, 1, 1, 1))


def in_groups(net: Any, x: Tensor) -> Tensor:
    return torch.relu(F.group_norm(net.conv(x), 4))


def biased_norm(net: Any, x: Tensor) -> Tensor:
    return F.group_norm(net.conv(x), 1)


SMALL = (
    *(used_twice, relu_after_sum, sum_with_part, weighted_sum, with_itself),
    *(three_to_two, zeros_around, in_groups, biased_norm),
)


@pytest.mark.parametrize("function", SMALL)
def test_what_cannot_be_fused_stays_right(function: Callable[[nn.Module, Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    net, image = Small(function).eval().requires_grad_(False), torch.rand(1, 3, 16, 16)
    assert torch.allclose(fused(net, (image,))(image), net(image), atol=1e-5)


def test_a_chain_becomes_one_operation() -> None:
    def whole(net: Any, x: Tensor) -> Tensor:
        x = F.leaky_relu(F.instance_norm(net.conv(x)), 0.2) + net.other(x)
        return F.pad(F.interpolate(x, scale_factor=2.0), (1, 2, 3, 4), mode="reflect")

    net, image = Small(whole).eval().requires_grad_(False), torch.rand(1, 3, 16, 16)
    graph = fused(net, (image,))
    (node,) = (node for node in graph.graph.nodes if node.target is fused_ops.normed)
    assert node.args[5] == 0.2
    assert node.args[7:] == (2, (1, 2, 3, 4))
    assert sum(kinds(graph).values()) == 3, "two convolutions, and all the rest"
    assert torch.allclose(graph(image), net(image), atol=1e-5)


def test_a_bias_before_a_norm_by_channel_is_left_out() -> None:
    net = Small(lambda net, x: F.instance_norm(net.conv(x))).eval().requires_grad_(False)  # type: ignore[operator]
    graph = fused(net, (torch.rand(1, 3, 16, 16),))
    (convolution,) = (node for node in graph.graph.nodes if str(node.target).startswith("aten.conv2d"))
    assert convolution.args[2] is None
    assert net.conv.bias is not None, "the module itself stays as it is"
