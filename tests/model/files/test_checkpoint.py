"""Checkpoints of every make: recognised, and computing what their authors' own arrangement of layers computes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession
from torch import Tensor, nn

from tests.model import authors
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.files.checkpoint import RecognisedNetwork, network, recognise
from vj.model.network import BYTES, SIGNED, UNIT, Range

BINOMIALS = ((1.0, 2.0, 1.0), (1.0, 3.0, 3.0, 1.0))

UNETS = {
    "batch, 5 levels": (5, 2, "batch"),
    "batch, 6 levels": (6, 2, "batch"),
    "instance, 7 levels": (7, 2, "instance"),
    "old instance, 5 levels": (5, 3, "old instance"),
    "batch, 8 levels": (8, 2, "batch"),
}
RESNETS: dict[str, tuple[dict[str, object], str, str]] = {
    "instance": ({"blocks": 9}, "cyclegan", "9 blocks, 4 filters, instance norm"),
    "old instance": ({"norm": "old instance"}, "cyclegan", "2 blocks, 4 filters, instance norm"),
    "batch": ({"norm": "batch", "bias": False}, "cyclegan", "batch norm"),
    "affine, another name": ({"norm": "affine", "block": "block"}, "cyclegan", "affine instance norm"),
    "dropout": ({"dropout": True, "filters": 6}, "cyclegan", "6 filters, instance norm, dropout"),
    "batch and dropout": ({"norm": "batch", "bias": False, "dropout": True}, "cyclegan", "batch norm, dropout"),
    "cut": ({"taps": BINOMIALS}, "cyclegan", "CUT"),
    "cut, halving only": ({"taps": BINOMIALS[:1]}, "cyclegan", "CUT"),
    "cut, other filters": ({"taps": BINOMIALS[::-1]}, "cyclegan", "CUT"),
    "global, 4 halvings": ({"downs": 4, "filters": 2}, "pix2pixhd", "pix2pixHD global ResNet generator: 4 halvings"),
    "global, 3 halvings": ({"downs": 3, "blocks": 4}, "pix2pixhd", "3 halvings, 4 blocks"),
}


def image(low: float, high: float, height: int = 32, width: int = 64, channels: int = 3) -> Tensor:
    random = torch.Generator().manual_seed(7)
    return torch.rand(1, channels, height, width, generator=random) * (high - low) + low


def kept(folder: Path, net: nn.Module, wrap: Callable[[dict[str, Tensor]], object] = lambda tensors: tensors) -> Path:
    path = folder / "net.pth"
    torch.save(wrap(dict(net.state_dict())), path)
    return path


def assert_same(result: Tensor, expected: Tensor) -> None:
    assert result.shape == expected.shape
    assert (result - expected).abs().max() <= 1e-3 * expected.abs().max()
    assert expected.std() > 1e-3  # or there is nothing to compare


def check(path: Path, reference: nn.Module, picture: Tensor, *controls: Tensor) -> RecognisedNetwork:
    recognised = recognise(path)
    again = RecognisedNetwork.from_json(json.loads(json.dumps(recognised.to_json())))
    assert again == recognised
    module = network(path, again).module
    assert module
    net = module()
    assert not net.training
    assert not any(weight.requires_grad for weight in net.parameters())
    assert_same(net(picture, *controls), reference(picture))
    return recognised


@pytest.mark.parametrize("case", UNETS)
def test_unets(case: str, tmp_path: Path) -> None:
    levels, filters, norm = UNETS[case]
    reference = authors.seeded(authors.Unet(levels, filters, norm))
    path = kept(tmp_path, reference)
    recognised = check(path, reference, image(-1, 1, 2**levels, 2**levels))
    assert (recognised.family, recognised.multiple) == ("pix2pix", 2**levels)
    assert recognised.title == f"pix2pix U-Net: {levels} levels, {filters} filters, {norm.removeprefix('old ')} norm"
    made = network(path, recognised)
    assert made.takes == made.gives == SIGNED
    assert [control.shape for control in made.controls] == [(1, 8 * filters, 1, 1)] * (levels - 5)


def test_masks_are_the_authors_dropout_by_channel(tmp_path: Path) -> None:
    reference = authors.seeded(authors.Unet(7, 2, "batch"))
    masks = [torch.randint(0, 2, (1, 16, 1, 1), generator=torch.Generator().manual_seed(n)) * 2.0 for n in (1, 2)]
    dropouts = [layer for layer in reference.modules() if isinstance(layer, nn.Dropout)]
    module = network(kept(tmp_path, reference), recognise(tmp_path / "net.pth")).module
    assert module
    # the authors' own network drops nothing in the three outer levels
    wanted = iter(masks)
    inner = [layer for layer in dropouts if id(layer) in {id(found) for found in _innermost(reference, 2)}]
    hooks = [layer.register_forward_hook(lambda _, given, result: result * next(wanted)) for layer in inner]
    picture = image(-1, 1, 128, 128)
    assert_same(module()(picture, *masks), reference(picture))
    for hook in hooks:
        hook.remove()
    ones = [torch.ones(1, 16, 1, 1)] * 2
    assert torch.equal(module()(picture, *ones), module()(picture))


def _innermost(net: nn.Module, count: int) -> list[nn.Module]:
    """The dropouts of the deepest levels that have one."""
    found = [(name.count("model"), layer) for name, layer in net.named_modules() if isinstance(layer, nn.Dropout)]
    return [layer for _, layer in sorted(found, key=lambda pair: -pair[0])[:count]]


@pytest.mark.parametrize(
    "make", [lambda: authors.Unet(5, 2, "batch"), lambda: authors.Resnet(norm="batch", bias=False)]
)
def test_batch_statistics_are_those_of_training(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    reference = authors.seeded(make())
    path = kept(tmp_path, reference)
    recognised = recognise(path)
    by_picture, as_trained = network(path, recognised, statistics="batch"), network(path, recognised)
    assert by_picture.key != as_trained.key
    for norm in reference.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.train()
    assert by_picture.module
    assert_same(by_picture.module()(image(-1, 1)), reference(image(-1, 1)))


@pytest.mark.parametrize("case", RESNETS)
def test_resnets(case: str, tmp_path: Path) -> None:
    options, family, title = RESNETS[case]
    reference = authors.seeded(authors.Resnet(**options))
    recognised = check(kept(tmp_path, reference), reference, image(-1, 1, 32, 64))
    assert recognised.family == family
    assert title in recognised.title
    assert recognised.multiple == 2 ** int(str(options.get("downs", 2)))


def test_a_local_enhancer(tmp_path: Path) -> None:
    reference = authors.seeded(authors.Enhancer())
    recognised = check(kept(tmp_path, reference), reference, image(-1, 1))
    assert (recognised.family, recognised.multiple) == ("pix2pixhd", 4)
    assert recognised.title.startswith(
        "pix2pixHD local enhancer: 1 around a generator of 1 halvings, 1 blocks, 4 filters"
    )


@pytest.mark.parametrize("old", [False, True])
def test_fast_style(old: bool, tmp_path: Path) -> None:
    reference = authors.seeded(authors.FastStyle(old))

    def with_statistics(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        norms = [name.removesuffix("weight") for name in tensors if tensors[name].dim() == 1 and ".weight" in name]
        spare = {f"{name}{part}": torch.ones(3) for name in norms for part in ("running_mean", "running_var")}
        return {**tensors, **spare} if old else tensors

    path = kept(tmp_path, reference, with_statistics)
    recognised = check(path, reference, image(0, 255))
    assert recognised.family == "fast_style"
    assert recognised.title == "fast style transfer: 5 blocks, 4 filters"
    assert network(path, recognised).takes == network(path, recognised).gives == BYTES


def test_adain_takes_the_encoder_beside_it(tmp_path: Path) -> None:
    encoder, decoder = authors.seeded(authors.adain_encoder()), authors.seeded(authors.adain_decoder(), 1)
    path = kept(tmp_path, decoder)
    with pytest.raises(BadInput, match=r"its encoder must lie beside it as vgg_normalised\.pth"):
        recognise(path)
    torch.save(encoder.state_dict(), tmp_path / "vgg_normalised.pth")
    with pytest.raises(BadInput, match="AdaIN's encoder: name the decoder"):
        recognise(tmp_path / "vgg_normalised.pth")

    def features(picture: Tensor) -> Tensor:
        for layer in list(encoder.children())[:31]:
            picture = layer(picture)
        return picture

    def moments(x: Tensor) -> tuple[Tensor, Tensor]:
        flat = x.flatten(2)
        return flat.mean(2)[:, :, None, None], (flat.var(2) + 1e-5).sqrt()[:, :, None, None]

    picture, painting = image(0, 1, 16, 32), image(0, 0.5, 32, 16)
    mean, deviation = moments(features(painting))
    own_mean, own_deviation = moments(features(picture))
    expected = decoder((features(picture) - own_mean) / own_deviation * deviation + mean)
    made = network(path, recognise(path))
    assert made.module
    net = made.module()
    assert_same(net(picture, *net.style(painting)), expected)
    assert (made.takes, made.multiple, made.smallest) == (UNIT, 8, 16)
    assert [(control.name, control.shape) for control in made.controls] == [
        ("style_mean", (1, 512, 1, 1)),
        ("style_deviation", (1, 512, 1, 1)),
    ]


def test_animegan(tmp_path: Path) -> None:
    reference = authors.seeded(authors.Anime())
    recognised = check(kept(tmp_path, reference), reference, image(-1, 1))
    assert (recognised.family, recognised.multiple) == ("animegan", 32)


def test_u2net(tmp_path: Path) -> None:
    reference = authors.seeded(authors.U2netp())

    class Grey(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return reference(x).repeat(1, 3, 1, 1)

    path = kept(tmp_path, reference)
    recognised = check(path, Grey(), image(-2, 2, 64, 96))
    assert (recognised.family, recognised.title) == ("u2net", "U²-Net (small)")
    assert any("three equal channels" in note for note in recognised.notes)
    assert network(path, recognised).takes.shift[0] == pytest.approx(-0.485 / 0.229)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()},
        lambda tensors: {"state_dict": tensors, "epoch": 3},
        lambda tensors: {"params_ema": tensors, "params": {}},
        lambda tensors: {"netG": {f"module.{name}": tensor for name, tensor in tensors.items()}, "netD": {"a": 1}},
        lambda tensors: {
            "state_dict": {**{f"netG_A.{name}": tensor for name, tensor in tensors.items()}, "netD_A.x": torch.ones(2)}
        },
    ],
)
def test_wrappings_come_off(wrap: Callable[[dict[str, Tensor]], object], tmp_path: Path) -> None:
    reference = authors.seeded(authors.Resnet())
    check(kept(tmp_path, reference, wrap), reference, image(-1, 1))


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (3, 1), (1, 3)])
def test_grey_networks_take_and_give_colour(inputs: int, outputs: int, tmp_path: Path) -> None:
    reference = authors.seeded(authors.Unet(5, 2, "batch", inputs, outputs))
    path = kept(tmp_path, reference)
    recognised = recognise(path)
    assert recognised.channels == (inputs, outputs)
    assert len(recognised.notes) == (inputs == 1) + (outputs == 1)
    module = network(path, recognised).module
    assert module
    grey = image(-1, 1, channels=1)
    expected = reference(grey.repeat(1, inputs, 1, 1))
    assert_same(module()(grey.repeat(1, 3, 1, 1)), expected.repeat(1, 3 // outputs, 1, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: authors.Unet(5, 2, "batch", 12), "takes 12 channels and gives 3.*label maps"),
        (lambda: authors.Resnet(pictures=(36, 3), downs=4), "takes 36 channels"),
        (lambda: nn.Sequential(nn.Conv2d(6, 8, 4), nn.BatchNorm2d(8)), r"0\.weight \[8, 6, 4, 4\].*tried: fast style"),
        (lambda: nn.Sequential(*authors.resnet_layers()), r"is no network we know: it holds 1\.weight"),
    ],
)
def test_what_no_camera_can_feed(make: Callable[[], nn.Module], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        recognise(kept(tmp_path, make()))


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    tensors = authors.Resnet().state_dict()
    path = tmp_path / "net.pth"
    torch.save({**tensors, "extra.weight": torch.ones(2, 2)}, path)
    with pytest.raises(BadInput, match=r"looks like a resnet_generator, but it also has extra\.weight"):
        recognise(path)
    torch.save({**tensors, "model.4.bias": torch.ones(5)}, path)
    with pytest.raises(BadInput, match=r"model\.4\.bias is \[5\] for \[8\]"):
        recognise(path)
    torch.save({name: tensor for name, tensor in tensors.items() if name != "model.4.bias"}, path)
    with pytest.raises(BadInput, match=r"it has no model\.4\.bias"):
        recognise(path)


def test_the_manifest_has_the_last_word(tmp_path: Path) -> None:
    path = kept(tmp_path, authors.Unet(5, 2, "batch"))
    path.with_suffix(".toml").write_text(
        'title = "Shoes"\nrange = "0..1"\nsize = "256x128"\ncondition = "canny"\nstatistics = "batch"\n'
        'licence = "MIT"\n'
    )
    recognised = recognise(path)
    made = network(path, recognised)
    assert (recognised.title, recognised.licence) == ("Shoes", "MIT")
    assert recognised.set == {"condition/kind": "canny", "statistics": "batch"}
    assert made.takes == made.gives == Range.between(0.0, 1.0)
    assert made.fixed == Size(256, 128)
    assert (
        made.key
        == network(path, recognised, statistics="batch").key
        != network(path, recognised, statistics="eval").key
    )


EXPORTED: dict[str, Callable[[], nn.Module]] = {
    "fast style": lambda: authors.FastStyle(False),
    "unet": lambda: authors.Unet(6, 2, "instance"),
    "cut": lambda: authors.Resnet(taps=BINOMIALS),
    "enhancer": authors.Enhancer,
    "animegan": authors.Anime,
    "u2net": authors.U2netp,
    "adain": authors.adain_decoder,
}


@pytest.mark.parametrize("case", EXPORTED)
def test_networks_export_with_open_sizes(case: str, tmp_path: Path) -> None:
    """Traced at one size, they compute the same at another."""
    path = kept(tmp_path, authors.seeded(EXPORTED[case]()))
    if case == "adain":
        torch.save(authors.seeded(authors.adain_encoder()).state_dict(), tmp_path / "vgg_normalised.pth")
    made = network(path, recognise(path))
    assert made.module
    net = made.module()
    controls = [torch.full(control.shape, control.sample) for control in made.controls]
    authors.export(net, (image(0, 1, 64, 64), *controls), tmp_path / "net.onnx", open_size=True)
    session = InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    fed = [image(0, 1, 64, 128), *controls]
    named = {given.name: value.numpy() for given, value in zip(session.get_inputs(), fed, strict=True)}
    (result,) = session.run(None, named)
    assert_same(torch.from_numpy(result), net(*fed))
