"""Trained generators as model files: recognised, with the same output, in the authors' layout."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.model.authors import Unet
from tests.train.test_methods import CPU, KINDS, RESNET, UNET, seeing, small
from vj.base.errors import BadInput
from vj.base.paths import library
from vj.commands.export_authors import export_authors
from vj.model.files import checkpoint, manifest, safetensors_file
from vj.model.files.architectures import authors_name, renamed
from vj.model.files.library import find
from vj.train.cut_method import CutMethod
from vj.train.model_files import DataCredit, in_authors_layout, write_models
from vj.train.process_group import ProcessGroup
from vj.train.settings import METHODS
from vj.train.style_method import StyleMethod

CREDIT = DataCredit("vj data test", "CC BY 4.0", 'made "here"', "canny", {"condition/invert": True}, 72)
FAMILIES = {"pix2pix": "pix2pix", "unet": "pix2pix", "cyclegan": "cyclegan", "cut": "cyclegan", "style": "fast_style"}
BATCHED = {"filters": 4, "levels": 6, "kind": "batch", "bias": False}


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))


def nets(method: str, **other: object) -> tuple[Any, dict[str, nn.Module]]:
    settings = small(method, **other)
    if method == "style":
        painting = np.zeros((64, 64, 3), np.uint8)
        learner: Any = StyleMethod(settings, CPU, ProcessGroup(), seeing(), painting)
    else:
        learner = KINDS[method](settings, CPU, ProcessGroup())
    return settings, {name: learner.nets[name].eval().requires_grad_(False) for name in learner.played}


@pytest.mark.parametrize("method", METHODS)
def test_the_file_is_recognised_and_gives_the_same(method: str) -> None:
    settings, trained = nets(method)
    write_models("mine", settings, trained, CREDIT)
    path = library("models", "mine.safetensors")
    found = checkpoint.recognise(path)
    assert found.family == FAMILIES[method]
    assert (found.licence, found.credit) == ("CC BY 4.0", 'made "here"')
    assert found.set["condition/kind"] == "canny"
    assert found.set["condition/invert"] is True
    assert found.trained_at == (72 if settings.paired else 0)
    network = checkpoint.network(path, found)
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    given = (picture + 1) * 127.5 if method == "style" else picture
    with torch.no_grad():
        wanted = next(iter(trained.values()))(given)
        assert torch.allclose(network.module()(given), wanted, atol=1e-4)


def test_both_directions_play_under_one_name() -> None:
    settings, trained = nets("cyclegan")
    write_models("seasons", settings, trained, CREDIT)
    entry = find("seasons")
    assert {part: path.name for part, path in entry.files.items()} == {
        "a_to_b": "seasons.safetensors",
        "b_to_a": "seasons-B2A.safetensors",
    }
    assert manifest.beside(library("models", "seasons-B2A.safetensors")).condition is None


@pytest.mark.parametrize("layout", [UNET, BATCHED])
def test_a_unet_loads_in_its_authors_code(layout: dict[str, Any]) -> None:
    settings, trained = nets("pix2pix", generator=layout)
    theirs = Unet(layout["levels"], layout["filters"], layout["kind"]).eval()
    theirs.load_state_dict(in_authors_layout(trained["G"], settings))
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(theirs(picture), trained["G"](picture), atol=1e-5)
    names = trained["G"].state_dict().keys()
    assert all(renamed("unet", authors_name("unet", name, layout), layout) == name for name in names)


def test_a_cut_generator_filters_as_its_authors() -> None:
    learner = CutMethod(small("cut", generator={**RESNET, "shrinking": 3, "growing": 4}), CPU, ProcessGroup())
    filters = [tensor for name, tensor in learner.nets["G"].state_dict().items() if name.endswith("filt")]
    wanted = {3: torch.tensor([1.0, 2.0, 1.0]) / 4, 4: torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4}
    assert {tensor.shape[-1] for tensor in filters} == {3, 4}
    for tensor in filters:
        line = wanted[tensor.shape[-1]]
        assert torch.allclose(tensor, (line[:, None] * line).expand_as(tensor))


def test_a_manifest_of_ones_own_stays() -> None:
    settings, trained = nets("unet")
    write_models("mine", settings, trained, CREDIT)
    path = library("models", "mine.toml")
    path.write_text('title = "My own"\n', encoding="utf-8")
    write_models("mine", settings, trained, CREDIT)
    assert manifest.beside(path).title == "My own"
    assert "mine" in str(library("models", "mine.safetensors"))
    assert safetensors_file.metadata(library("models", "mine.safetensors")) == {}


def test_a_pth_file_loads_in_its_authors_code(tmp_path: Path) -> None:
    settings, trained = nets("pix2pix", generator=BATCHED)
    write_models("mine", settings, trained, CREDIT)
    export_authors("mine", tmp_path / "latest_net_G.pth", lambda doing, part: None)
    theirs = Unet(BATCHED["levels"], BATCHED["filters"], "batch").eval()
    theirs.load_state_dict(torch.load(tmp_path / "latest_net_G.pth", weights_only=True))
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(theirs(picture), trained["G"](picture), atol=1e-5)
    with pytest.raises(BadInput, match="no generator"):
        export_authors("identity", tmp_path / "none.pth", lambda doing, part: None)
