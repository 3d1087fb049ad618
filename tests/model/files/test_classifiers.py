"""Networks from pictures to scores: told from their files, built as published, their classes named."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from skimage import data
from skimage.transform import resize
from torch import Tensor, nn

from tests.model import authors
from vj.base.errors import BadInput, Unavailable
from vj.model import DREAMS, labels
from vj.model.files import library, look_at_files
from vj.model.files import weights as catalog
from vj.model.files.architectures import NETS, find
from vj.model.files.checkpoint import RecognisedNetwork, classifier, network, recognise
from vj.model.files.library import Entry
from vj.model.nets.efficientnet_lite import EfficientNetLite
from vj.model.nets.googlenet import GoogLeNet
from vj.model.nets.resnet import ResNet
from vj.model.nets.vgg import Vgg

LITE = [[1, 16], [2, 24], [2, 40], [3, 80], [3, 112], [4, 192], [1, 320]]
LITE_4 = [[1, 24], [4, 32], [4, 56], [6, 112], [6, 160], [8, 272], [1, 448]]
VGG_16 = [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3]


def lite(stages: list[list[int]]) -> dict[str, Any]:
    return {"stages": stages, "stem": 32, "head": 1280, "classes": 1000}


def resnet(blocks: list[int], width: int = 0, groups: int = 1) -> dict[str, Any]:
    return {"blocks": blocks, "filters": 64, "width": width, "groups": groups, "classes": 1000}


def vgg(norm: bool = False) -> dict[str, Any]:
    return {"stages": VGG_16, "norm": norm, "hidden": 4096, "classes": 1000}


PUBLISHED: dict[str, tuple[str, dict[str, Any], int]] = {
    "EfficientNet-Lite0": ("efficientnet_lite", lite(LITE), 4_652_008),
    "EfficientNet-Lite4": ("efficientnet_lite", lite(LITE_4), 13_006_568),
    "ResNet-18": ("resnet", resnet([2, 2, 2, 2]), 11_689_512),
    "ResNet-34": ("resnet", resnet([3, 4, 6, 3]), 21_797_672),
    "ResNet-50": ("resnet", resnet([3, 4, 6, 3], 64), 25_557_032),
    "ResNet-152": ("resnet", resnet([3, 8, 36, 3], 64), 60_192_808),
    "ResNeXt-50": ("resnet", resnet([3, 4, 6, 3], 128, 32), 25_028_904),
    "wide ResNet-50": ("resnet", resnet([3, 4, 6, 3], 128), 68_883_240),
    "VGG-16": ("vgg", vgg(), 138_357_544),
    "VGG-16 with batch norm": ("vgg", vgg(True), 138_365_992),
    "GoogLeNet": ("googlenet", {"classes": 1000}, 6_624_904),
}
"""Architecture, arguments, and how many parameters its authors say that it has."""
NAMES: dict[str, tuple[str, ...]] = {
    "EfficientNet-Lite0": ("_conv_stem.weight", "_blocks.1._expand_conv.weight", "_blocks.15._bn2.bias", "_fc.bias"),
    "ResNet-18": ("conv1.weight", "bn1.running_var", "layer2.0.downsample.1.bias", "layer4.1.conv2.weight", "fc.bias"),
    "ResNet-50": ("layer1.0.downsample.0.weight", "layer3.5.conv3.weight", "layer4.2.bn3.weight"),
    "VGG-16": ("features.0.bias", "features.28.weight", "classifier.0.weight", "classifier.6.bias"),
    "VGG-16 with batch norm": ("features.1.running_mean", "features.40.weight", "classifier.3.weight"),
    "GoogLeNet": ("conv3.bn.weight", "inception4c.branch3.1.conv.weight", "inception5b.branch4.1.bn.bias", "fc.weight"),
}
"""Some of the names in the published files."""


@pytest.mark.parametrize("title", PUBLISHED)
def test_published_networks_are_told_from_names_and_shapes(title: str) -> None:
    net, arguments, parameters = PUBLISHED[title]
    with torch.device("meta"):
        made = NETS[net](**arguments)
    shapes = {name: tuple(tensor.shape) for name, tensor in made.state_dict().items()}
    assert sum(weight.numel() for weight in made.parameters()) == parameters
    assert set(NAMES.get(title, ())) <= shapes.keys()
    found = find(shapes)
    assert found is not None
    assert (found.title, found.options) == (f"{title}: 1000 classes", {"net": net, "arguments": arguments})
    assert (found.family, found.channels, found.classes) == ("dream_zoom", (3, 1000), 1000)


SMALL: dict[str, Callable[[], nn.Module]] = {
    "efficientnet_lite": lambda: EfficientNetLite(
        stages=[[1, 4], [2, 6], [1, 8], [1, 10], [2, 12], [1, 14], [1, 16]], stem=4, head=24, classes=7
    ),
    "resnet, basic": lambda: ResNet(blocks=[1, 2, 1, 1], filters=4, width=0, groups=1, classes=5),
    "resnet, bottlenecks": lambda: ResNet(blocks=[2, 1, 1, 1], filters=4, width=4, groups=2, classes=1),
    "vgg": lambda: Vgg(stages=[[8], [16], [32, 32], [64, 64], [64, 64]], norm=False, hidden=16, classes=5),
    "vgg, batch norm": lambda: Vgg(stages=[[4, 4], [8], [8], [8], [8, 8]], norm=True, hidden=16, classes=3),
    "vgg, features only": lambda: Vgg(stages=[[4, 4], [8, 8], [8]], norm=False, hidden=0, classes=0),
    "googlenet": lambda: GoogLeNet(classes=9),
}


def seeded(net: nn.Module) -> nn.Module:
    """With random weights and statistics, in eval."""
    random = torch.Generator().manual_seed(3)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            spread = (2 / tensor[0].numel()) ** 0.5 if tensor.dim() > 1 else 0.1
            mean = 1.0 if name.endswith("running_var") or ("weight" in name and tensor.dim() == 1) else 0.0
            tensor.copy_(torch.randn(tensor.shape, generator=random) * spread + mean)
            if name.endswith("running_var"):
                tensor.abs_()
    return net.eval().requires_grad_(False)


def kept(folder: Path, net: nn.Module, **more: Tensor) -> Path:
    path = folder / "net.pth"
    torch.save({**net.state_dict(), **more}, path)
    return path


def small(classes: int = 5) -> nn.Module:
    return seeded(ResNet(blocks=[1, 1, 1, 1], filters=4, width=0, groups=1, classes=classes))


@pytest.mark.parametrize("case", SMALL)
def test_files_are_recognised_and_built(case: str, tmp_path: Path) -> None:
    reference = seeded(SMALL[case]())
    path = kept(tmp_path, reference)
    recognised = recognise(path)
    assert RecognisedNetwork.from_json(json.loads(json.dumps(recognised.to_json()))) == recognised
    assert (recognised.family, recognised.multiple, recognised.smallest) == ("dream_zoom", 32, 64)
    made = classifier(path, recognised)
    net, picture = made.module(), torch.rand(1, 3, 64, 96)
    assert not net.training
    assert not any(weight.requires_grad for weight in net.parameters())
    assert torch.equal(net(picture), reference(picture))
    assert made.classes == len(made.labels) == (0 if "only" in case else net(picture).shape[1])


def test_the_classifiers_of_training_are_left_out(tmp_path: Path) -> None:
    reference = seeded(GoogLeNet(classes=4))
    path = kept(tmp_path, reference, **{"aux1.fc2.weight": torch.ones(4, 1024), "aux2.conv.bn.bias": torch.ones(128)})
    picture = torch.rand(1, 3, 64, 64)
    assert torch.equal(classifier(path, recognise(path)).module()(picture), reference(picture))


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    path = kept(tmp_path, small(), **{"layer1.0.se.weight": torch.ones(2, 2)})
    with pytest.raises(BadInput, match=r"net\.pth looks like a resnet, but it also has layer1\.0\.se\.weight"):
        recognise(path)
    path = kept(tmp_path, SMALL["vgg"](), **{"classifier.0.weight": torch.ones(16, 8)})
    with pytest.raises(BadInput, match=r"looks like a vgg, but classifier\.0\.weight is \[16, 8\] for \[16, 3136\]"):
        recognise(path)


@pytest.mark.parametrize(
    "shapes",
    [
        {"features.0.weight": (64, 3, 3, 3), "features.3.squeeze.weight": (16, 64, 1, 1)},  # SqueezeNet
        {"features.0.weight": (64, 3, 11, 11), "classifier.6.weight": (1000, 4096)},  # AlexNet
        {"conv1.weight": (64, 3, 3, 3), "layer1.0.conv1.weight": (64, 64, 3, 3), "fc.weight": (10, 512)},  # for CIFAR
        {"_conv_stem.weight": (32, 3, 3, 3), "_conv_head.weight": (1280, 320, 1, 1), "_fc.weight": (1000, 1280)},
        {"fc.weight": (10, 4)},
    ],
)
def test_relatives_are_none_of_them(shapes: Mapping[str, tuple[int, ...]]) -> None:
    assert find(shapes) is None


def test_classifiers_and_picture_networks_are_kept_apart(tmp_path: Path) -> None:
    path = kept(tmp_path, small())
    with pytest.raises(BadInput, match=r"net\.pth is a classifier \(ResNet-10: 5 classes\): it gives scores"):
        network(path, recognise(path))
    manifest(path, 'family = "pix2pix"')
    with pytest.raises(BadInput, match=r"'pix2pix' can't play net\.pth; choices: dream_zoom, dream_mirror, visualise"):
        recognise(path)
    path = kept(tmp_path, authors.Resnet())
    manifest(path, 'title = "a picture network"')
    with pytest.raises(BadInput, match=r"net\.pth is no classifier: it is a picture network"):
        classifier(path, recognise(path))


def manifest(path: Path, text: str) -> None:
    path.with_suffix(".toml").write_text(text)


def test_a_manifest_names_the_classes_and_the_range(tmp_path: Path) -> None:
    path = kept(tmp_path, small(3))
    manifest(path, 'classes = "names.txt"\ntakes = "127/128"\ntitle = "Leaves"')
    (tmp_path / "names.txt").write_text("oak\nash tree\nbeech\n\n")
    recognised = recognise(path)
    made = classifier(path, recognised)
    assert made.labels == ("oak", "ash tree", "beech")
    assert recognised.title == "Leaves"
    assert [round(made.takes.scale[0] * byte / 255 + made.takes.shift[0], 6) for byte in (0, 127, 255)] == [
        -0.992188,
        0.0,
        1.0,
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"net\.toml: classes: can't read .*names\.txt: No such file"),
        (b"oak\nash\n", r"names\.txt names 2 classes; the network tells 3 apart"),
        (b"\xff\xfe\n", r"names\.txt is not UTF-8 text"),
        (b"x" * 2_000_000, r"names\.txt is no list of names: it is longer than"),
    ],
)
def test_lists_of_classes_that_do_not_fit(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = kept(tmp_path, small(3))
    manifest(path, 'classes = "names.txt"')
    if content is not None:
        (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(BadInput, match=message):
        recognise(path)


@pytest.mark.parametrize(
    ("make", "text", "message"),
    [
        (small, 'classes = "a/names.txt"', r"net\.toml: classes: .*a/names\.txt"),
        (authors.Resnet, 'classes = "names.txt"', r"net\.toml: classes: net\.pth \(CycleGAN.*\) is no classifier"),
        (small, 'network = "keras:vgg"', r"net\.toml: network: Input should be timm:NAME or torchvision:NAME"),
        (small, 'network = "timm:hf-hub:x/y"', r"network: Input should be timm:NAME"),
    ],
)
def test_manifests_that_do_not_fit(make: Callable[[], nn.Module], text: str, message: str, tmp_path: Path) -> None:
    path = kept(tmp_path, make())
    manifest(path, text)
    with pytest.raises(BadInput, match=message):
        recognise(path)


class Theirs(nn.Module):
    """A network of somebody's package, with a table that isn't kept in files and one of whole numbers that is."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.head, self.body = nn.Linear(4, classes), nn.Conv2d(3, 4, 3)
        self.register_buffer("table", torch.tensor([0.5, 1.0, 1.5, 2.0]), persistent=False)
        self.register_buffer("order", torch.tensor([3, 2, 1, 0]))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.head((self.body(x).mean((2, 3)) * self.table)[:, self.order])
        return found


def create(name: str, *, pretrained: bool = False, weights: None = None, num_classes: int) -> nn.Module:
    """What timm and torchvision call ``create_model`` and ``get_model``."""
    if name != "theirs":
        raise RuntimeError(f"Unknown model ({name})")
    assert not pretrained
    return Theirs(num_classes)


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both packages, tiny."""
    for name, function in (("timm", "create_model"), ("torchvision", ""), ("torchvision.models", "get_model")):
        module = ModuleType(name)
        if function:
            setattr(module, function, create)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize("package", ["timm", "torchvision"])
@pytest.mark.parametrize("classes", [1000, 6])
def test_networks_of_other_packages(package: str, classes: int, packages: None, tmp_path: Path) -> None:
    reference = seeded(Theirs(classes))
    path = kept(tmp_path, reference)
    manifest(path, f'network = "{package}:theirs"')
    recognised = recognise(path)
    assert recognised.title == f"{package}:theirs: {classes} classes"
    made = classifier(path, recognised)
    picture = torch.rand(1, 3, 64, 64)
    assert torch.equal(made.module()(picture), reference(picture))
    assert (made.classes, recognised.takes) == (classes, "imagenet")


def test_weights_of_another_network_are_refused(packages: None, tmp_path: Path) -> None:
    path = kept(tmp_path, small())
    manifest(path, 'network = "timm:theirs"')
    with pytest.raises(BadInput, match=r"net\.pth is no theirs of timm: it has no body\.bias, .*; it also has bn1"):
        recognise(path)
    path = kept(tmp_path, Theirs(6), **{"body.weight": torch.ones(4, 3, 5, 5)})
    with pytest.raises(BadInput, match=r"body\.weight is \[4, 3, 5, 5\] for \[4, 3, 3, 3\]"):
        recognise(path)
    manifest(path, 'network = "timm:teirs"')
    with pytest.raises(BadInput, match=r"timm makes no classifier of the name 'teirs': Unknown model"):
        recognise(path)


@pytest.mark.parametrize("package", ["timm", "torchvision"])
def test_a_package_that_is_missing_is_named(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("timm", "torchvision", "torchvision.models"):
        monkeypatch.setitem(sys.modules, name, None)
    path = kept(tmp_path, small())
    manifest(path, f'network = "{package}:x"')
    with pytest.raises(Unavailable, match=rf"the package {package} can't be used .*; fix: .*pip install {package}$"):
        recognise(path)


@pytest.fixture(scope="module")
def fetched() -> dict[str, Path]:
    """The catalogue's classifier and ImageNet's class names."""
    return {part: catalog.fetch(asset, lambda doing, done: None) for part, asset in catalog.CLASSIFIER.items()}


@pytest.fixture(scope="module")
def imagenet(fetched: dict[str, Path]) -> tuple[str, ...]:
    return labels.imagenet(fetched["synsets"], fetched["lemmas"])


def test_imagenets_classes_have_names(imagenet: tuple[str, ...]) -> None:
    assert len(set(imagenet)) == 1000
    assert (imagenet[0], imagenet[1], imagenet[207], imagenet[999]) == (
        "tench",
        "goldfish",
        "golden retriever",
        "toilet tissue",
    )
    assert (imagenet[134], imagenet[517]) == ("crane 134", "crane 517")


def test_lists_that_are_not_imagenets_are_refused(fetched: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("n01440764\n")
    with pytest.raises(BadInput, match=r"short\.txt and .* don't name 1000 classes"):
        labels.imagenet(tmp_path / "short.txt", fetched["lemmas"])
    with pytest.raises(BadInput, match=r"can't read .*none\.txt: No such file"):
        labels.imagenet(fetched["synsets"], tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("goldfish", 1),
        (" Golden  Retriever ", 207),
        ("golden_retriever", 207),
        ("417", 417),
        ("0", 0),
        ("golden r", 207),
        ("labrador retriever", 208),
        ("crane 517", 517),
        ("cardigan", 474),
        ("Cardigan", 264),
        ("volcan", 980),
        ("fox squirrel", 335),
    ],
)
def test_classes_are_named_in_many_ways(said: str, index: int, imagenet: tuple[str, ...]) -> None:
    assert labels.index_of(said, imagenet) == index


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("crane", "class 'crane' may be any of crane 134, crane 517$"),
        ("terrier", r"class 'terrier' may be any of (.*, ){4}[^,]* and \d+ more$"),
        ("goldfihs", r"unknown class 'goldfihs' \(did you mean goldfish.*\?\); choices: 0\.\.999, or a name"),
        ("1000", "unknown class '1000'"),
        ("9" * 5000, "unknown class '999"),
        ("", "unknown class ''"),
        ("-1", "unknown class '-1'"),
    ],
)
def test_what_is_no_class_is_answered_with_the_nearest(said: str, message: str, imagenet: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match=message):
        labels.index_of(said, imagenet)


@pytest.mark.parametrize(
    ("picture", "seen"),
    [
        ("chelsea", {"Egyptian cat", "tabby", "tiger cat"}),
        ("coffee", {"espresso"}),
        ("rocket", {"missile", "projectile", "space shuttle"}),
    ],
)
def test_the_catalogues_classifier_knows_photographs(picture: str, seen: set[str], fetched: dict[str, Path]) -> None:
    recognised = recognise(fetched["model"])
    assert (recognised.title, recognised.takes) == ("EfficientNet-Lite0: 1000 classes", "127/128")
    made = classifier(fetched["model"], recognised, synsets=fetched["synsets"], lemmas=fetched["lemmas"])
    image = getattr(data, picture)()
    left = (image.shape[1] - image.shape[0]) // 2
    image = resize(image[:, left : left + image.shape[0]], (224, 224), anti_aliasing=True)  # 0..1
    fed = (image * np.array(made.takes.scale) + np.array(made.takes.shift)).astype(np.float32)
    scores = made.module()(torch.from_numpy(fed).permute(2, 0, 1)[None])
    assert made.labels[int(scores.argmax())] in seen


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models' folder of a library of this test's own; files are looked at without a process."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setattr(look_at_files, "_found_out", lambda paths: [_about(path) for path in paths])
    monkeypatch.setattr(look_at_files, "_kept", lambda path: None)
    folder = tmp_path / "library" / "models"
    folder.mkdir(parents=True)
    return folder


def _about(path: Path) -> look_at_files.About:
    try:
        about: look_at_files.About = json.loads(json.dumps(recognise(path).to_json()))
    except BadInput as error:
        return str(error)
    return about


def test_a_classifier_is_played_in_five_ways(models: Path) -> None:
    torch.save(small().state_dict(), models / "leaves.pth")
    torch.save(authors.Resnet().state_dict(), models / "streets.pth")
    own = {name: entry for name, entry in library.known().items() if entry.origin == "library"}
    assert {name: entry.family for name, entry in own.items()} == {
        "leaves": "dream_zoom",
        "leaves:mirror": "dream_mirror",
        "leaves:noise": "visualise",
        "leaves:gatys": "gatys",
        "leaves:adversarial": "adversarial",
        "streets": "cyclegan",
    }
    for name, entry in own.items():
        assert entry.about == {part: {**about, "family": entry.family} for part, about in entry.about.items()}
        assert library.find(name) == entry
        assert Entry.from_job(json.loads(json.dumps(entry.to_job()))).family == entry.family


def test_a_file_named_by_its_path_takes_a_role(models: Path) -> None:
    path = models.parent / "leaves.pth"
    torch.save(small().state_dict(), path)
    assert library.find(str(path)).family == "dream_zoom"
    assert {library.find(f"{path}:{role}").family for role in library.ROLES} == set(DREAMS)
    assert library.find(f"{path}:mirror").name == "leaves:mirror"
    with pytest.raises(BadInput, match="unknown model"):
        library.find(f"{path}:miror")
    torch.save(authors.Resnet().state_dict(), path)
    with pytest.raises(BadInput, match=r"leaves\.pth can't be played as 'mirror': it is no classifier, but CycleGAN"):
        library.find(f"{path}:mirror")


def test_a_manifest_says_which_way_is_the_files_own(models: Path) -> None:
    torch.save(small().state_dict(), models / "leaves.pth")
    (models / "leaves.toml").write_text('family = "gatys"')
    own = {name: entry.family for name, entry in library.known().items() if entry.origin == "library"}
    assert own["leaves"] == "gatys"
    assert own["leaves:zoom"] == "dream_zoom"
    assert len(own) == 5


@pytest.mark.parametrize("classes", [1000, 10])
def test_a_file_of_a_thousand_classes_has_imagenets_names(classes: int, models: Path, fetched: dict[str, Path]) -> None:
    torch.save(small(classes).state_dict(), models / "mine.pth")
    files = library.find("mine:noise").files
    words = {part: path for part, path in fetched.items() if part != "model"}
    assert files == {"model": models / "mine.pth", **(words if classes == 1000 else {})}


def test_the_catalogues_file_is_known_by_its_content(models: Path, fetched: dict[str, Path]) -> None:
    assert library.find(str(fetched["model"])).name == "dream-zoom"
    assert library.find(f"{fetched['model']}:mirror").name == "dream-mirror"
    entry = library.find("from-noise")
    assert entry.files == fetched
    assert entry.licence == "Apache-2.0"
