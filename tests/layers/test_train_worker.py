"""The process that trains looks, as the show has it: it starts when it is asked to, obeys, dies and goes on."""

from collections.abc import Iterator

import pytest

from tests.waiting import until
from vj.base.clock import LiveClock
from vj.child.latest_frame import LatestFrame
from vj.child.supervisor import Supervisor
from vj.layers.train_worker import TrainWorker

READER = 2


@pytest.fixture
def source() -> Iterator[LatestFrame]:
    made = LatestFrame.create(16, 16, readers=READER + 1)
    writer = made.writer()
    writer.begin(16, 16)[:] = 77
    writer.publish(1.0)
    yield made
    made.close()


@pytest.fixture
def worker(source: LatestFrame) -> Iterator[TrainWorker]:
    supervisor = Supervisor(LiveClock())
    supervisor.start()
    made = TrainWorker(
        [source, source],
        READER,
        supervisor.add_in_background,
        supervisor.remove_in_background,
        "tests.layers.fake_look_child:main",
    )
    yield made
    supervisor.close()
    made.close()


def obeyed(worker: TrainWorker, what: str, number: int) -> None:
    until(
        lambda: (worker.told.get("last"), worker.told.get("obeyed")) == (what, number),
        lambda: worker.told,
        meanwhile=lambda: worker.ask(1),
    )


def died(worker: TrainWorker, times: int) -> None:
    until(
        lambda: worker.child and worker.child.restarts == times,
        "its end wasn't noticed",
        meanwhile=lambda: worker.ask(1),
    )


def test_it_starts_when_asked_obeys_and_goes_on_after_its_death(worker: TrainWorker) -> None:
    assert (worker.child, worker.told, worker.runs, worker.notice) == (None, {}, False, "")
    worker.send({"do": "keep", "name": "look-1"})
    assert worker.child is None
    worker.ask(1)
    worker.send({"do": "go", "name": "look-1"})
    obeyed(worker, "go", 2)
    assert worker.runs
    assert worker.told["seen"] == 77, "what was sent before it was there isn't lost"
    worker.send({"do": "undo", "seconds": 1.0})
    died(worker, 1)
    assert worker.notice.startswith("training: ")
    worker.send({"do": "keep", "name": "look-1"})
    died(worker, 2)  # it gets what it had not obeyed again: once
    obeyed(worker, "keep", 4)  # what was sent meanwhile
    assert worker.told["name"] == "look-1"
    assert worker.notice == ""
    worker.end()
    until(lambda: worker.child and worker.child.state == "stopped", "it didn't end")


def test_what_was_sent_just_before_its_death_is_obeyed_by_the_next_in_order(worker: TrainWorker) -> None:
    worker.ask(1)
    until(lambda: worker.runs, "it didn't start")
    for what in ("go", "stop", "keep", "go"):
        worker.send({"do": what, "name": "look-1"})
    obeyed(worker, "go", 4)
    assert worker.told["seen"] == 77
    assert worker.child
    assert worker.child.restarts == 1
