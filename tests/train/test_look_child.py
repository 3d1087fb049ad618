"""The real process: it keeps, learns, is killed, hangs, and goes on each time from the weights on disk."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.train.painted import frame, painted, save
from tests.waiting import until
from vj.base.clock import LiveClock
from vj.base.errors import NotInstalled
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.slot_wish import SlotWish
from vj.child.supervisor import Child, Limits, Supervisor
from vj.train import look_file
from vj.train.look_child import Libraries, SourceFrames
from vj.train.make_learner import warm_up

READER = 2


def shown(slot: LatestFrame, seed: int = 0) -> None:
    """Have the source publish a picture."""
    writer = slot.writer()
    picture = frame(seed)
    writer.begin(*picture.shape[:2])[:] = picture
    writer.publish(0.0)


def test_the_newest_picture_of_the_slot_that_is_wished_may_be_kept_again_and_again() -> None:
    slots = [LatestFrame.create(128, 72, readers=3) for _ in range(2)]
    wish = SlotWish()
    frames = SourceFrames(slots, READER, wish)
    assert frames.newest() is None, "none is wished"
    wish.write(1)
    assert frames.newest() is None, "it has none yet"
    shown(slots[1])
    for _ in range(2):
        kept = frames.newest()
        assert kept is not None
        assert (kept == frame()).all()
    shown(slots[1], 1)
    assert (kept == frame()).all(), "it is a copy"
    assert (frames.newest() == frame(1)).all()
    for slot in slots:
        slot.close()


def test_a_library_that_is_missing_is_named_with_the_command_that_fixes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(NotInstalled, match=r"looks are learned by torch: .*; fix: .*install.* torch"):
        warm_up()
    libraries = Libraries()

    def is_refused() -> bool:
        with contextlib.suppress(NotInstalled):
            return libraries.are_loaded
        return True

    until(is_refused)
    with pytest.raises(NotInstalled):
        assert not libraries.are_loaded


class Trainer:
    """The child under a supervisor, as a show has it."""

    def __init__(self, nice: int = 0) -> None:
        self.slot, self.output = LatestFrame.create(128, 72, readers=3), LatestFrame.create(16, 16, readers=1)
        self.wish = SlotWish()
        shown(self.slot)
        self.wish.write(0)
        spec = ChildSpec("look", "vj.train.look_child:main", nice=nice)
        spec = spec.given(
            (*self.slot.fds, *self.output.fds, *self.wish.values.fds),
            sources=[self.slot.describe()],
            reader=READER,
            output=self.output.describe(),
            values=self.wish.values.describe(),
        )
        self.child = Child(spec, lambda: self.output.heartbeats, Limits(start=60.0, silence=2.5))
        self.supervisor = Supervisor(LiveClock())
        self.supervisor.add(self.child)
        self.supervisor.start()

    def do(self, do: str, **more: object) -> None:
        self.child.send({"do": do, "name": "mine", **more})

    def told(self, name: str) -> object:
        return self.child.info.get(name)

    def seconds(self) -> float:
        return float(self.child.info.get("seconds", 0.0))

    def close(self) -> None:
        self.supervisor.close()
        for memory in (self.slot, self.output, self.wish.values):
            memory.close()


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    made = Trainer()
    yield made
    made.close()


@pytest.mark.parametrize("end", [signal.SIGSTOP, signal.SIGKILL], ids=["hangs", "is killed"])
def test_it_learns_on_after_it(end: int, trainer: Trainer) -> None:
    until(lambda: trainer.child.state == "running")
    trainer.do("keep")
    until(lambda: trainer.told("kept"), lambda: str(trainer.child.info))
    save(Path(str(trainer.told("kept"))), painted(frame()))
    trainer.do("go")
    until(lambda: trainer.seconds() > 1.0, lambda: str(trainer.child.info))
    before, pid = trainer.seconds(), trainer.child.pid
    assert pid
    os.kill(pid, end)
    until(lambda: trainer.child.restarts == 1)
    assert trainer.child.fault.startswith(("no sign of life", "ended with status")), "a fault is told in words"
    found = look_file.read("mine")
    assert found, "the last weights are there meanwhile"
    assert found[1].seconds == pytest.approx(before, abs=1.5)
    until(lambda: trainer.seconds() > before + 0.5, lambda: str(trainer.child.info))
    trainer.do("stop")
    until(lambda: trainer.told("state") == "stopped")
    found = look_file.read("mine")
    assert found
    assert found[1].seconds == pytest.approx(trainer.seconds(), abs=0.02)
    assert look_file.path_of("mine").with_suffix(".toml").is_file()
    assert (trainer.told("keyframes"), trainer.told("notice")) == (1, "")


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel doesn't group by session")
def test_it_hurries_until_the_first_picture_is_there() -> None:
    """The performer waits for that; afterwards what plays the look comes first."""
    trainer = Trainer(nice=10)

    def group() -> int:
        return int(Path(f"/proc/{trainer.child.pid}/autogroup").read_text().split()[-1])

    try:
        until(lambda: trainer.child.state == "running")
        trainer.do("keep")
        until(lambda: trainer.told("kept"), lambda: str(trainer.child.info))
        save(Path(str(trainer.told("kept"))), painted(frame()))
        until(lambda: group() == 10)
        trainer.do("go")
        until(lambda: trainer.told("state") == "learning", lambda: str(trainer.child.info))
        until(lambda: group() == 19)
        trainer.do("stop")
        until(lambda: group() == 10)
    finally:
        trainer.close()
