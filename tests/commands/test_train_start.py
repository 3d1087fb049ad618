"""``vj train start``: the file that it writes, and what it refuses."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from vj.base.errors import BadInput
from vj.cli import app
from vj.model.files import safetensors_file
from vj.model.nets.look import LookNet
from vj.train import warm_start


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(seed: int, rounds: int, progress: object) -> LookNet:
        torch.manual_seed(seed + rounds)
        return LookNet((8, 12))

    monkeypatch.setattr(warm_start, "warm_start", made)


def start(*asked: str) -> None:
    CliRunner().invoke(app, ["train", "start", *asked], catch_exceptions=False)


def test_the_file_says_how_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "look.safetensors"
    start(str(path), "--seed", "3", "--rounds", "4")
    assert safetensors_file.metadata(path) == {"made_by": "vj train start --seed 3 --rounds 4"}
    torch.manual_seed(7)
    wanted = LookNet((8, 12)).state_dict()
    found = safetensors_file.load(path, 1 << 20)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name].half()) for name in wanted)


def test_another_ending_and_a_file_that_is_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must end in \.safetensors"):
        start(str(tmp_path / "look.pt"))
    there = tmp_path / "look.safetensors"
    there.write_bytes(b"mine")
    with pytest.raises(BadInput, match=r"look\.safetensors"):
        start(str(there))
    assert there.read_bytes() == b"mine"
    start(str(there), "--overwrite")
    assert there.stat().st_size > 1000
