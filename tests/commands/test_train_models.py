"""`vj train`: from a data set to a model that plays; what can't be trained is named; killed and resumed; in two
processes."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.train.sets import drawn_pairs, on_disk
from tests.waiting import PATIENCE, until
from vj.base.errors import BadInput
from vj.base.paths import library
from vj.cli import app
from vj.model.files.library import find
from vj.train.claim import claim
from vj.train.training_files import newest_checkpoint

pytestmark = pytest.mark.usefixtures("own_library")

TRAIN = ("--side", "32", "--batch", "1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return on_disk(tmp_path / "data", drawn_pairs(5))


def vj(*words: object) -> str:
    done = CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def losses(name: str) -> list[list[float]]:
    with (library("training", name) / "metrics.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [[float(row[0]), *map(float, row[3:-1])] for row in rows]


def test_from_a_data_set_to_a_model_that_plays(data: Path) -> None:
    said = vj("train", "unet", data, "--name", "street", "--steps", 3, *TRAIN)
    assert "step 3" in said
    assert "vj run --model street" in said
    entry = find("street")
    assert (entry.family, entry.licence) == ("pix2pix", "CC BY 4.0")
    assert entry.settings == {"condition/kind": "canny", "condition/invert": True}
    assert entry.to_job()["about"]["model"]["trained_at"] == 32
    assert "street" in vj("models")
    said = vj("train", "unet", data, "--name", "street", "--steps", 5, "--resume", *TRAIN)
    assert "step 5" in said
    assert [row[0] for row in losses("street")] == [1, 2, 3, 4, 5]


def test_what_another_process_trains_is_left_alone(data: Path) -> None:
    vj("train", "unet", data, "--name", "street", "--steps", 2, *TRAIN)
    lock = claim(library("training", "street"), "street")
    try:
        with pytest.raises(BadInput, match="street is learned by another training already"):
            vj("train", "unet", data, "--name", "street", "--steps", 3, "--resume", *TRAIN)
    finally:
        lock.release()
    assert [row[0] for row in losses("street")] == [1, 2]
    assert "step 3" in vj("train", "unet", data, "--name", "street", "--steps", 3, "--resume", *TRAIN)


def test_what_cannot_be_trained_is_named(data: Path, tmp_path: Path) -> None:
    alone = on_disk(tmp_path / "alone", drawn_pairs(2), kind="pictures")

    def refused(*words: object) -> str:
        with pytest.raises(BadInput) as error:
            vj("train", *words, "--steps", 1)
        return str(error.value)

    assert "holds pictures without a second side; pix2pix learns from pairs" in refused("pix2pix", alone, "--name", "n")
    assert "cyclegan learns from pairs or two folders" in refused("cyclegan", alone, "--name", "n")
    assert "--painting" in refused("style", alone, "--name", "n")
    assert "no painting 'nothing'" in refused("style", alone, "--name", "n", "--painting", "nothing")
    assert "holds no data set" in refused("unet", tmp_path, "--name", "n")
    assert "choices: paper, small, tiny" in refused("unet", data, "--name", "n", "--size", "huge")
    assert "multiple of 32" in refused("unet", data, "--name", "n", "--side", 40)
    assert "no training called 'n' to resume" in refused("unet", data, "--name", "n", "--resume")
    assert "can't be called '../n'" in refused("unet", data, "--name", "../n")
    assert "model of the catalogue" in refused("unet", data, "--name", "vintage")
    assert "lsgan, vanilla" in refused("pix2pix", data, "--name", "n", "--gan", "other")
    assert not library("training").exists()


def test_a_checkpoint_of_another_architecture_is_refused(data: Path) -> None:
    vj("train", "unet", data, "--name", "one", "--steps", 1, *TRAIN)
    for words in (("cyclegan",), ("pix2pix",), ("unet", "--size", "small"), ("unet", "--no-skips")):
        with pytest.raises(BadInput, match=r"'one' is a checkpoint of unet tiny \(unet: filters 16.*, not of"):
            vj("train", words[0], data, "--name", "one", "--resume", *words[1:])
    with pytest.raises(BadInput, match=r"a training called 'one' already"):
        vj("train", "unet", data, "--name", "one", "--steps", 1)


def started(*words: object, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "vj", "train", *map(str, words)]
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_and_resumed(data: Path) -> None:
    training = started("unet", data, "--name", "killed", "--minutes", 60, *TRAIN)
    try:
        until(library("training", "killed", "checkpoint-before.safetensors").exists, "no second checkpoint")
    finally:
        training.send_signal(signal.SIGKILL)
        training.communicate()
    state = newest_checkpoint("killed")
    assert state is not None
    vj("train", "unet", data, "--name", "killed", "--steps", state.step + 2, "--resume", *TRAIN)
    assert [row[0] for row in losses("killed")] == list(range(1, state.step + 3))


def test_two_processes_are_one_with_a_batch_twice_as_large(data: Path) -> None:
    vj("train", "pix2pix", data, "--name", "alone", "--steps", 3, "--side", 32, "--batch", 2)
    words = ("--steps", 3, *TRAIN, "--devices", 2)
    both = started("pix2pix", data, "--name", "both", *words)
    try:
        said, _ = both.communicate(timeout=PATIENCE)
    finally:
        both.kill()
    assert both.returncode == 0, said
    assert np.allclose(losses("both"), losses("alone"), atol=1e-4)
    assert find("both").present
