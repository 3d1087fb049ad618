"""Networks whose weights are cut out of one input: every runtime takes them, and new ones count at the next picture."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.model.networks import SIZE, picture
from vj.model.look_layout import count
from vj.model.nets.look import LookGraph, LookNet, flat
from vj.model.network import UNIT, Network, NetworkControl
from vj.model.runtime import rewrite
from vj.model.runtime.compiled_network import Floats
from vj.model.runtime.export import onnx_file
from vj.model.runtime.openvino import OpenVinoGraph, OpenVinoRunner
from vj.model.runtime.picture_graph import build
from vj.model.runtime.prepare import prepare
from vj.model.runtime.torch_graph import WAYS, TorchGraph, Way

CHANNELS = (8, 12, 20)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def network() -> Network:
    control = NetworkControl("weights", (count(CHANNELS),), 0.01)
    made = lambda: LookGraph(CHANNELS).eval()  # noqa: E731
    return Network("look", "test-live-look", UNIT, UNIT, 8, 16, (control,), made, steady=False)


def look(seed: int) -> LookNet:
    """A network that changes the colours much, and more than the colours."""
    torch.manual_seed(seed)
    net = LookNet(CHANNELS)
    with torch.no_grad():
        net.base.weight.copy_(torch.eye(3)[torch.randperm(3)][:, :, None, None])
        net.out.weight.mul_(5)
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                layer.bias.normal_(0.0, 0.05)
    return net.eval().requires_grad_(False)


def truth(net: LookNet) -> Floats:
    """What the network itself makes of the photograph, in 0..255."""
    image = torch.from_numpy(picture()).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        result: Floats = net(image)[0].permute(1, 2, 0).numpy()
    return result.clip(0, 1) * 255


@pytest.mark.parametrize("runtime", ["openvino-f32", "onnxruntime", "torch"])
def test_every_runtime_plays_the_weights_that_it_is_given(runtime: str) -> None:
    compiled, out = prepare(network(), SIZE, runtime), np.empty_like(picture())
    given = np.empty(count(CHANNELS), np.float32)
    for seed in (0, 1, 0):
        given[:] = flat(look(seed))
        compiled.run(picture(), [given], out)
        assert np.abs(out - truth(look(seed))).max() < 0.6
    assert np.abs(truth(look(0)) - truth(look(1))).mean() > 10, "they would look alike"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_a_card_plays_them(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    from vj.model.runtime import compiler

    monkeypatch.setattr(compiler, "compiled", lambda module: module)
    graph = TorchGraph(network(), SIZE, device="cpu", dtype=torch.float32, way=way)
    out = np.empty_like(picture())
    for seed in (0, 1):
        graph.run(picture(), [flat(look(seed))], out)
        assert np.abs(out - truth(look(seed))).max() < 0.6


def test_half_precision_is_near() -> None:
    net, graph = look(0).half(), LookGraph(CHANNELS).half()
    image = torch.from_numpy(picture()).permute(2, 0, 1)[None] / 255
    weights = torch.from_numpy(flat(look(0))).half()
    with torch.inference_mode():
        assert (graph(image.half(), weights).float() - net(image.half()).float()).abs().max() < 0.02


def test_numbers_that_are_none_show_in_the_mean() -> None:
    given = flat(look(0))
    given[100] = np.nan
    for runtime in ("openvino-f32", "onnxruntime", "torch"):
        out = np.empty_like(picture())
        assert not np.isfinite(prepare(network(), SIZE, runtime).run(picture(), [given], out)), runtime


def test_they_are_never_rounded_to_eight_bits() -> None:
    assert "int8" not in prepare(network(), SIZE).runtime


class Biased(nn.Module):
    """A convolution whose bias is an input, and one whose bias is a constant."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.first, self.second = nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(5, 3, 3, padding=1)

    def forward(self, image: Tensor, bias: Tensor) -> Tensor:
        return torch.sigmoid(self.second(F.silu(F.conv2d(image, self.first.weight, bias, padding=1))))


def test_biases_that_are_inputs_are_spread_along_a_row() -> None:
    made = lambda: Biased().eval().requires_grad_(False)  # noqa: E731
    biased = Network("biased", "test-live-biased", UNIT, UNIT, controls=(NetworkControl("bias", (5,)),), module=made)
    bias, shown = np.linspace(-1, 1, 5, dtype=np.float32), []
    model = build(biased, onnx_file(biased), SIZE)
    for change in (lambda model: None, rewrite.rewrite):
        change(model)
        out = np.empty_like(picture())
        OpenVinoRunner(OpenVinoGraph(model)).run(picture(), [bias], out)
        shown.append(out)
    assert np.array_equal(*shown)
    tiled = [node for node in model.get_ordered_ops() if node.get_type_name() == "Tile"]
    assert [list(node.get_output_shape(0)) for node in tiled] == [[1, 5, 1, SIZE.width]]


def test_all_looks_share_a_compiled_network(tmp_path: Path) -> None:
    from vj.model.files.checkpoint import network as network_of
    from vj.model.files.checkpoint import recognise
    from vj.model.files.safetensors_file import encoded

    keys = []
    for name, net in (("one", look(0)), ("other", look(1)), ("wider", LookNet((8, 12, 24)))):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(encoded(net.state_dict()))
        keys.append(network_of(path, recognise(path)).key)
    assert keys[0] == keys[1] != keys[2]
