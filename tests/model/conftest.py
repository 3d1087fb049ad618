"""What the models' tests have in common."""

import pytest

WAITING = ("dream", "painted", "strokes", "canvas.masks")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model waits for is there, however busy the machine: no result hangs on how fast a painting was read."""
    for module in WAITING:
        monkeypatch.setattr(f"vj.model.{module}._PATIENCE", 60.0)
