"""What the models' tests have in common."""

import pytest

from tests.card import put_card
from vj.model.runtime import torch_backends

WAITING = ("dreams.dream_model", "families.style_model", "dreams.painting_features", "dreams.masks")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model waits for is there, however busy the machine: no result hangs on how fast a painting was read."""
    for module in WAITING:
        monkeypatch.setattr(f"vj.model.{module}._PATIENCE", 60.0)


@pytest.fixture
def fake_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a graphics card."""
    put_card(monkeypatch)


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a graphics card, whatever this one has."""
    monkeypatch.setattr(torch_backends, "cards", list)
