"""What the models' tests have in common."""

import os

import pytest

from vj.model.runtime import torch_ways
from vj.model.runtime.cards import Card

WAITING = ("dream", "painted", "strokes", "canvas.masks")
CARD = Card("cuda", "made up", "1.0")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model waits for is there, however busy the machine: no result hangs on how fast a painting was read."""
    for module in WAITING:
        monkeypatch.setattr(f"vj.model.{module}._PATIENCE", 60.0)


@pytest.fixture
def fake_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graphics card, whose work the processor does: in 32-bit floats and in bfloat16, which it has no quicker."""
    made = torch_ways._made
    precisions = {"float32": "float32", "float16": "bfloat16"}
    monkeypatch.setattr(torch_ways, "cards", lambda: [CARD])
    monkeypatch.setattr(
        torch_ways, "_made", lambda network, size, device, kind: made(network, size, "cpu", precisions[kind])
    )


@pytest.fixture
def no_card(_on_a_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a graphics card, whatever this one has."""
    monkeypatch.setattr(torch_ways, "cards", list)


@pytest.fixture(autouse=True)
def _on_a_card(request: pytest.FixtureRequest) -> None:
    """With ``TEST_ON_A_CARD`` in the environment every test of models runs on a machine with that card."""
    if os.environ.get("TEST_ON_A_CARD"):
        request.getfixturevalue("fake_card")
