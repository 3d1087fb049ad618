"""Recordings of work: each form is recorded once, their number is bounded, and recording changes nothing."""

from collections.abc import Callable

import pytest
import torch

from vj.model.dreams import recordings
from vj.model.dreams.recordings import Recordings

DEVICE = torch.device("cpu")


class WarmedUp:
    """A recording as on a graphics card, where work is run several times before it is played."""

    made = 0

    def __init__(self, work: Callable[[], None], device: torch.device, pool: object | None = None) -> None:
        WarmedUp.made += 1
        self._work = work
        for _ in range(3):
            work()

    def run(self) -> None:
        self._work()


@pytest.fixture
def warmed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "CudaGraph", WarmedUp)
    monkeypatch.setattr(WarmedUp, "made", 0)


@pytest.mark.usefixtures("warmed_up")
def test_recording_changes_nothing() -> None:
    number = torch.zeros(2)
    kept = Recordings(DEVICE, changed=[number])
    for expected in (1.0, 2.0, 3.0):
        kept.run("form", lambda: number.add_(1.0))
        assert number.tolist() == [expected] * 2
    assert WarmedUp.made == 1


@pytest.mark.usefixtures("warmed_up")
def test_the_forms_run_last_stay_recorded() -> None:
    kept = Recordings(DEVICE)
    most = recordings._KEPT
    for form in (*range(most), 0, most, 0):
        kept.run(form, lambda: None)
    assert WarmedUp.made == most + 1
    kept.run(1, lambda: None)
    assert WarmedUp.made == most + 2, "it was the one that wasn't run for longest"
