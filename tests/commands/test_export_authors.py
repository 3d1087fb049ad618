"""Trained generators as .pth files that their authors' code loads."""

from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from tests.model import authors
from tests.quiet import quiet
from tests.train.test_methods import CPU, KINDS, small
from vj.base.errors import BadInput, VjError
from vj.base.paths import library
from vj.cli import app
from vj.commands import export_authors as command
from vj.commands.export_authors import export_authors
from vj.model.files.library import find
from vj.model.files.safetensors_file import encoded, load
from vj.model.nets.look import LookNet
from vj.train.model_files import DataCredit, write_models
from vj.train.process_group import ProcessGroup

pytestmark = pytest.mark.usefixtures("own_library")


def trained(method: str, name: str) -> dict[str, Any]:
    """The generators of a model in the library that has learned nothing yet."""
    torch.manual_seed(5)
    settings = small(method)
    learner = KINDS[method](settings, CPU, ProcessGroup())
    nets = {part: authors.seeded(learner.nets[part], seed) for seed, part in enumerate(learner.played)}
    write_models(name, settings, nets, DataCredit())
    return {"settings": settings, **nets}


def test_a_unet_loads_in_its_authors_code(tmp_path: Path) -> None:
    made = trained("pix2pix", "street")
    out = tmp_path / "latest_net_G.pth"
    result = CliRunner().invoke(app, ["models", "export", "street", str(out)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "at most" in result.output
    layout = made["settings"].generator
    theirs = authors.Unet(layout["levels"], layout["filters"], layout["kind"]).eval()
    theirs.load_state_dict(torch.load(out, weights_only=True))
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(theirs(picture), made["G"](picture), atol=1e-5)
    assert CliRunner().invoke(app, ["models", "export", "street", str(out)]).exit_code != 0, "it is there already"


def test_both_directions_load_in_their_authors_code(tmp_path: Path) -> None:
    made = trained("cyclegan", "seasons")
    lines = export_authors("seasons", tmp_path / "latest_net_G_A.pth", quiet)
    assert len(lines) == 2
    layout = made["settings"].generator
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    for end, part in (("A", "AB"), ("B", "BA")):
        state = torch.load(tmp_path / f"latest_net_G_{end}.pth", weights_only=True)
        theirs = authors.Resnet(filters=layout["filters"], blocks=layout["blocks"]).eval()
        theirs.load_state_dict(state)
        with torch.no_grad():
            assert torch.allclose(theirs(picture), made[part](picture), atol=1e-5)


def test_half_precision_takes_half_the_room_with_the_manifest_beside_it(tmp_path: Path) -> None:
    made = trained("cyclegan", "seasons")
    out = tmp_path / "winter.safetensors"
    result = CliRunner().invoke(app, ["models", "export", "seasons", str(out), "--half"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = find(str(out))
    assert [path.name for path in found.files.values()] == ["winter.safetensors", "winter-B2A.safetensors"]
    assert "cyclegan" in found.title
    for part, path in zip(("AB", "BA"), found.files.values(), strict=True):
        there = library("models", path.name.replace("winter", "seasons"))
        assert path.stat().st_size < 0.6 * there.stat().st_size
        assert path.with_suffix(".toml").read_text() == there.with_suffix(".toml").read_text()
        kept = load(path, 1 << 30)
        assert {tensor.dtype for tensor in kept.values()} == {torch.float16}
        wanted = {name: tensor.half() for name, tensor in made[part].state_dict().items()}
        assert sorted(float(tensor.float().sum()) for tensor in kept.values()) == pytest.approx(
            sorted(float(tensor.float().sum()) for tensor in wanted.values())
        )


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    trained("pix2pix", "street")
    export_authors("street", tmp_path / "MINE.SAFETENSORS", quiet)
    assert load(tmp_path / "MINE.SAFETENSORS", 1 << 30)
    assert (tmp_path / "MINE.toml").is_file()


@pytest.mark.parametrize("has_one", [True, False])
def test_a_manifest_is_not_replaced_nor_taken_for_another_file(has_one: bool, tmp_path: Path) -> None:
    trained("pix2pix", "street")
    if not has_one:
        library("models", "street.toml").unlink()
    (tmp_path / "mine.toml").write_text('title = "mine"')
    with pytest.raises(BadInput, match=r"mine\.toml' exists already"):
        export_authors("street", tmp_path / "mine.safetensors", quiet)
    assert [path.name for path in tmp_path.glob("mine*")] == ["mine.toml"]
    assert (tmp_path / "mine.toml").read_text() == 'title = "mine"'


def test_numbers_too_large_for_half_precision_are_refused(tmp_path: Path) -> None:
    trained("pix2pix", "street")
    path = library("models", "street.safetensors")
    large = {name: tensor * 1e6 for name, tensor in load(path, 1 << 30).items()}
    path.write_bytes(encoded(large))
    with pytest.raises(BadInput, match="too large for half precision"):
        export_authors("street", tmp_path / "out.pth", quiet, half=True)
    assert not list(tmp_path.glob("*.pth"))


def test_onnx_is_never_in_half_precision(tmp_path: Path) -> None:
    trained("pix2pix", "street")
    found = CliRunner().invoke(app, ["models", "export", "street", str(tmp_path / "out.onnx"), "--half"])
    assert "--half is for .pth, .pt, .safetensors" in str(found.exception)


def test_nothing_is_replaced(tmp_path: Path) -> None:
    trained("cyclegan", "seasons")
    (tmp_path / "x_B.pth").write_bytes(b"mine")
    with pytest.raises(BadInput, match=r"x_B\.pth' exists already"):
        export_authors("seasons", tmp_path / "x.pth", quiet)
    assert [path.name for path in tmp_path.glob("*.pth")] == ["x_B.pth"]
    assert (tmp_path / "x_B.pth").read_bytes() == b"mine"


def test_other_networks_are_refused(tmp_path: Path) -> None:
    path = library("models", "mine.safetensors")
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(LookNet((8, 12)).state_dict()))
    for name in ("mine", "style26"):
        with pytest.raises(BadInput, match="no generator of pix2pix or CycleGAN"):
            export_authors(name, tmp_path / "out.pth", quiet)
    assert not list(tmp_path.glob("*.pth"))


def test_a_file_that_gives_another_picture_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained("pix2pix", "street")
    monkeypatch.setattr(command, "MOST_OFF", -1.0)
    with pytest.raises(VjError, match="off"):
        export_authors("street", tmp_path / "out.pth", quiet)
    assert not list(tmp_path.glob("*.pth"))
    assert not list(tmp_path.glob(".*.pth"))
