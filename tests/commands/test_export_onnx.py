"""Networks as ONNX files for other programs."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from typer.testing import CliRunner

from tests.quiet import quiet
from vj.base.errors import BadInput, VjError
from vj.base.paths import look
from vj.cli import app
from vj.commands import export_onnx as command
from vj.commands.export_onnx import export_onnx
from vj.model.files.safetensors_file import encoded
from vj.model.nets.look import LookNet
from vj.model.runtime import onnx_once


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> LookNet:
    """The look ``mine`` of the library."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    torch.manual_seed(4)
    net = LookNet((8, 12)).eval().requires_grad_(False)
    look("mine").parent.mkdir()
    look("mine").write_bytes(encoded(net.state_dict()))
    return net


def test_a_look_by_its_name(net: LookNet, tmp_path: Path) -> None:
    out = tmp_path / "mine.onnx"
    result = CliRunner().invoke(app, ["models", "export", "mine", str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "8, 12 channels" in result.output
    assert [entry.name for entry in onnx.load(str(out)).graph.input] == ["image"], "the weights are constants"
    image = torch.rand(1, 3, 40, 24)
    (found,) = onnx_once.opened(out)({"image": image.numpy()})
    assert np.abs(found - net(image).numpy()).max() < 1e-4
    assert CliRunner().invoke(app, ["models", "export", "mine", str(out)]).exit_code != 0, "it is there already"


@pytest.mark.parametrize("name", ["style26", "dream-zoom", "nothing"])
def test_what_is_no_single_network_is_refused(name: str, net: LookNet, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="look"):
        export_onnx(name, tmp_path / "out.onnx", quiet)
    assert not (tmp_path / "out.onnx").exists()


def test_a_file_that_gives_other_numbers_is_not_written(
    net: LookNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MOST_OFF", -1.0)
    with pytest.raises(VjError, match="off"):
        export_onnx("mine", tmp_path / "out.onnx", quiet)
    assert not (tmp_path / "out.onnx").exists()


def test_a_folder_that_is_not_there_is_named(net: LookNet, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadInput, match="can't write"):
        export_onnx("mine", tmp_path / "file" / "out.onnx", quiet)
