"""A library of its own for each test of a training."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The performer's library, empty."""
    folder = tmp_path / "library"
    monkeypatch.setenv("VJ_LIBRARY", str(folder))
    return folder
