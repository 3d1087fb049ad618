"""How runs are timed on a device that works on while the thread goes on; by a clock that moves with that device."""

import math

import numpy as np
import pytest

from tests.model.networks import KINDS, picture, samples
from vj.base.frame import Size
from vj.bench.device import BATCH, ENOUGH, WARM_UPS, BenchDevice, on_device, relative_error, seconds_of

SIZE = Size(64, 48)


class Queue:
    """A device: a run is only queued, which takes no time; waiting for it does."""

    def __init__(self, seconds: float) -> None:
        self.time, self.waiting, self.runs, self.waits, self._seconds = 0.0, 0, 0, 0, seconds

    def run(self) -> None:
        self.waiting += 1
        self.runs += 1

    def synchronise(self) -> None:
        self.time += self.waiting * self._seconds + 1e-4  # waiting itself takes a moment
        self.waiting, self.waits = 0, self.waits + 1

    def clock(self) -> float:
        return self.time


def test_runs_are_timed_in_batches_so_that_waiting_hardly_counts() -> None:
    queue = Queue(0.001)
    assert seconds_of(queue.run, queue.synchronise, 1.0, queue.clock) == pytest.approx(0.001, rel=0.01)
    assert queue.runs / queue.waits > 0.5 * BATCH / 0.001


def test_timing_ends_after_its_seconds_and_a_slow_run_is_timed_once() -> None:
    slow, quick = Queue(2.0), Queue(0.001)
    assert seconds_of(slow.run, slow.synchronise, 1.0, slow.clock) == pytest.approx(2.0, rel=0.01)
    assert slow.runs == WARM_UPS + 2
    seconds_of(quick.run, quick.synchronise, 0.5, quick.clock)
    assert quick.time == pytest.approx(0.5, abs=2 * BATCH)
    seconds_of(quick.run, quick.synchronise, math.inf, quick.clock)
    assert quick.waits <= 2 * (ENOUGH + 2)


def test_what_a_run_raises_is_passed_on() -> None:
    def run() -> None:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        seconds_of(run, lambda: None, 1.0)


class Runner:
    """A runner that may replay its pass, and does so badly if told."""

    note = ""

    def __init__(self, fails: bool = False) -> None:
        self.did: list[str] = []
        self._fails = fails

    def run(self, *given: object) -> float:
        self.did.append("run")
        return 0.0

    def release(self) -> None:
        pass


class Replaying(Runner):
    def replay(self) -> None:
        assert self.did, "a runner replays what it has run"
        if self._fails:
            raise RuntimeError("nothing was recorded")
        self.did.append("replay")


@pytest.mark.parametrize(
    ("runner", "bare", "did"),
    [
        (Replaying(), True, ["run", "replay", "replay"]),
        (Runner(), False, ["run", "run"]),
        (Replaying(fails=True), False, ["run", "run"]),
    ],
    ids=["replays", "can't", "fails"],
)
def test_a_pass_is_replayed_without_copies_where_the_runner_can(runner: Runner, bare: bool, did: list[str]) -> None:
    run, found = on_device(runner, runner.run)
    run()
    assert (found, runner.did) == (bare, did)


@pytest.fixture
def processor() -> BenchDevice:
    found = BenchDevice.here(rehearsal=True)
    assert found
    return found


def test_what_the_processor_reaches_is_measured(processor: BenchDevice) -> None:
    peaks = processor.peaks()
    assert peaks.keys() == {"half", "single", "copies"}
    assert min(peaks.values()) > 1e6


@pytest.mark.parametrize("kind", ["johnson", "tinted", "unet"])
def test_the_exact_result_is_the_modules_own(processor: BenchDevice, kind: str) -> None:
    import torch

    network = KINDS[kind]
    seen = picture(SIZE)
    scale, shift = (np.float32(term) for term in (network.takes.scale, network.takes.shift))
    image = torch.from_numpy(seen.astype(np.float32) / 255 * scale + shift).permute(2, 0, 1)[None]
    assert network.module
    with torch.inference_mode():
        wanted = network.module()(image, *map(torch.from_numpy, samples(network)))[0].permute(1, 2, 0).numpy()
    assert np.allclose(processor.exact(network, SIZE, seen), wanted, atol=1e-3 * np.abs(wanted).max())


def test_the_eager_peer_runs_the_module(processor: BenchDevice) -> None:
    result = processor.eager(KINDS["tinted"], SIZE)()
    assert tuple(result.shape) == (1, 3, SIZE.height, SIZE.width)  # type: ignore[attr-defined]


def test_a_profile_names_where_the_time_goes(processor: BenchDevice) -> None:
    lines = list(processor.profile(processor.eager(KINDS["resnet"], SIZE)))
    assert len(lines) == 5
    assert any("conv" in line for line in lines)


def test_errors_are_measured_against_how_much_the_picture_varies() -> None:
    exact = np.linspace(0.0, 1.0, 300, dtype=np.float32).reshape(10, 10, 3)
    shown = np.round(exact * 255).astype(np.uint8)
    assert relative_error(shown, exact) < 0.01
    assert relative_error(255 - shown, exact) > 1.0
    assert relative_error(shown, np.ones_like(exact)) == math.inf
