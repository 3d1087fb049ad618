"""A network whose file is replaced while it plays: it is read anew, and the old one plays on if that can't be."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.model import authors
from tests.model.networks import picture
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.model.common_params import ENGINE, merged
from vj.model.families.pix2pix import Pix2Pix
from vj.model.files import checkpoint
from vj.model.files.checkpoint import FileChanged, network, recognise
from vj.model.model import Prepared
from vj.model.runtime import trial
from vj.model.runtime.openvino_backends import in_floats

SIZE, OTHER = Size(64, 64), Size(96, 64)
VALUES = {param.name: param.default for param in merged((ENGINE, Pix2Pix.params))}
DARK, BRIGHT = -0.5, 0.5


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def put(path: Path, level: float, levels: int = 5) -> Path:
    """Write, as a whole, a U-Net whose picture is even: of ``level``, -1..1."""
    net = authors.Unet(levels, 2, "batch")
    last = net.model.model[-2]
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, float(np.arctanh(level)))
    torch.save(net.state_dict(), path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Pix2Pix:
    return made(tmp_path, "openvino-f32")


def made(folder: Path, runtime: str) -> Pix2Pix:
    path = put(folder / "it.pth", DARK)
    return Pix2Pix({"model": path}, runtime, False, {"model": recognise(path).to_json()})


def level(prepared: Prepared, size: Size = SIZE) -> float:
    """The even picture that it makes, -1..1."""
    out: Pixels = np.empty((size.height, size.width, 3), np.uint8)
    prepared.run(picture(size), out, VALUES, 0.0)
    assert out.std() < 2
    return float(out.mean()) / 127.5 - 1.0


def test_new_weights_are_prepared_beside_those_that_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TRIAL", SIZE)
    model = made(tmp_path, "auto")
    first = model.prepare(SIZE)
    put(model.files["model"], BRIGHT)
    second = model.prepare(SIZE)
    assert level(first) == pytest.approx(DARK, abs=0.02)
    assert level(second) == pytest.approx(BRIGHT, abs=0.02)
    third = model.prepare(OTHER)
    assert level(third, OTHER) == pytest.approx(BRIGHT, abs=0.02)
    for why in (second.why, third.why):
        name, _, reason = why.partition(": ")
        assert reason == "as for the weights before"
        assert "int8" not in name


@pytest.mark.parametrize("fault", ["another", "half"])
def test_what_can_not_be_read_changes_nothing(model: Pix2Pix, fault: str) -> None:
    first = model.prepare(SIZE)
    path = model.files["model"]
    if fault == "another":
        put(path, BRIGHT, levels=6)
    else:
        path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(BadInput, match=r"it\.pth"):
        model.prepare(SIZE)
    assert level(first) == pytest.approx(DARK, abs=0.02)
    assert level(model.prepare(OTHER), OTHER) == pytest.approx(DARK, abs=0.02), "another size is still to be had"
    put(path, BRIGHT)
    assert level(model.prepare(SIZE)) == pytest.approx(BRIGHT, abs=0.02)


def test_a_key_never_stands_for_other_weights(tmp_path: Path) -> None:
    path = put(tmp_path / "it.pth", DARK)
    found = network(path, recognise(path))
    put(path, BRIGHT)
    assert found.module is not None
    with pytest.raises(FileChanged, match=r"it\.pth was replaced"):
        found.module()


def test_a_file_that_is_replaced_while_it_is_opened_is_opened_again(
    model: Pix2Pix, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.prepare(SIZE)
    path, read = model.files["model"], checkpoint.digest
    levels = [0.1, 0.3]

    def replaced_meanwhile(*files: Path, **options: object) -> str:
        key = read(*files, **options)
        if levels:
            put(path, levels.pop(0))
        return key

    put(path, BRIGHT)
    monkeypatch.setattr(checkpoint, "digest", replaced_meanwhile)
    assert level(model.prepare(SIZE)) == pytest.approx(0.3, abs=0.02)


def test_integers_give_way_to_floats() -> None:
    assert in_floats("openvino-int8-reduced") == in_floats("openvino-int8") == "openvino-f32"
    assert in_floats("openvino-int8-reduced-bf16") == in_floats("openvino-int8-bf16") == "openvino-bf16"
    for name in ("openvino-f32", "openvino-bf16", "onnxruntime", "torch", "cuda"):
        assert in_floats(name) == name
