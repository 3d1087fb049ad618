"""``vj bench gpu``: how its time is shared out, what ends a task, what it says at the end; and a whole rehearsal."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.running import finished, start_vj
from vj.base.clock import FakeClock
from vj.bench import gpu, gpu_worker
from vj.bench.gpu import TABLES, BenchChild, TaskEnded, measure
from vj.bench.gpu_task import Order, figure, line
from vj.bench.promises import CARD_LIMITS
from vj.model.runtime.cards import Card

TASKS = [task for table in TABLES for task in table.tasks]
EXPECTED = sum(sum(table.tasks.values()) for table in TABLES)


class Child:
    """A child whose tasks take as long as ``takes`` says of their share, and tell what ``tells`` says."""

    def __init__(self, clock: FakeClock, takes: Callable[[str, float], float]) -> None:
        self.clock, self.takes = clock, takes
        self.orders: list[dict[str, Any]] = []
        self.tells: dict[str, list[dict[str, Any]]] = {}
        self.patience: list[float] = []
        self.closed = 0

    def do(self, order: dict[str, Any], patience: float) -> Iterator[dict[str, Any]]:
        self.orders.append(order)
        self.patience.append(patience)
        took = self.takes(order["task"], order["seconds"])
        self.clock.time += min(took, patience)
        yield from self.tells.get(order["task"], [])
        if took > patience:
            raise TaskEnded("it was given up")

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "own_card", lambda: Card("cuda", "NVIDIA H200", "580"))


def played(child: Child, seconds: float = 460.0, rehearsal: bool = False) -> list[str]:
    return list(measure(seconds, rehearsal, child.clock, lambda clock: child))


def test_every_limit_has_a_task_that_may_measure_it() -> None:
    assert list(gpu_worker.TASKS) == TASKS
    assert {name.partition("-")[0] for name in CARD_LIMITS} <= {
        *(task.partition("-")[0] for task in TASKS),
        *("memory", "eager"),
    }


@pytest.mark.usefixtures("card")
def test_the_time_is_shared_out_as_expected() -> None:
    child = Child(FakeClock(), lambda task, share: share)
    began = child.clock.now()
    played(child)
    assert [order["task"] for order in child.orders] == TASKS
    assert child.clock.now() - began == pytest.approx(460.0)
    shares = {order["task"]: order["seconds"] for order in child.orders}
    for table in TABLES:
        for task, usual in table.tasks.items():
            assert shares[task] == pytest.approx(460.0 * usual / EXPECTED)
    assert child.closed == 2, "numbers and shows have a child each"


@pytest.mark.usefixtures("card")
def test_what_a_task_leaves_over_goes_to_those_that_follow() -> None:
    child = Child(FakeClock(), lambda task, share: 0.0)
    played(child)
    shares = {order["task"]: order["seconds"] for order in child.orders}
    assert shares["switches"] == pytest.approx(460.0)
    assert shares["film"] > 2 * TABLES[4].tasks["film"]


@pytest.mark.usefixtures("card")
def test_a_task_that_takes_too_long_is_given_up_and_the_whole_stays_below_its_time() -> None:
    child = Child(FakeClock(), lambda task, share: 1000.0)
    began = child.clock.now()
    lines = played(child)
    assert child.clock.now() - began <= 460.0
    assert f"{TASKS[0]}: it was given up" in lines
    assert any(line.endswith("is left out: the time is over") for line in lines)


@pytest.mark.usefixtures("card")
def test_the_last_table_holds_the_newest_figures_and_what_is_missing() -> None:
    child = Child(FakeClock(), lambda task, share: share)
    child.tells = {
        "peaks": [{"card": "NVIDIA H200"}],
        "style26": [line("a row"), figure("style26", 6.0, "cuda", 6.3), figure("style26", 1.2, "cuda-compiled", 6.3)],
        "johnson": [figure("johnson", 3.0, "cuda", 2.9)],
        "pattern": [figure("pattern", 60.0), figure("pattern-missed", 2.0)],
    }
    lines = played(child)
    assert "a row" in lines
    assert "| 26 styles | 1280x720 | <= 1.25 ms | 1.2 | cuda-compiled | 6.3 | held |" in lines
    assert "| Johnson 2016 | 1280x720 | <= 2.6 ms | 3 | cuda | 2.9 | NOT held |" in lines
    assert "| the loop with the pattern | 1920x1080 | >= 59.4 /s | 60 |  |  | held |" in lines
    assert "| the pattern, missed refreshes | 1920x1080 | <= 0 | 2 |  |  | NOT held |" in lines
    assert "| AdaIN | 1280x720 | <= 2.5 ms |  |  |  | not measured |" in lines
    assert "Johnson 2016 gains least, 0.97 x (>= 1 x eager torch: NOT held)" in lines[-1]


def test_without_a_card_it_is_a_rehearsal_which_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "own_card", lambda: None)
    child = Child(FakeClock(), lambda task, share: share)
    child.tells = {"style26": [figure("style26", 6.0, "torch", 3.0)]}
    lines = played(child)
    assert "this is a rehearsal" in lines[0]
    assert "| 26 styles | 1280x720 | none | 6 | torch | 3 | rehearsed |" in lines
    assert all(order["rehearsal"] for order in child.orders)


# the child ------------------------------------------------------------------------------------------------------------


class Process:
    """A process that tells its messages one look after the other, then ends with ``status`` or goes on for ever."""

    def __init__(self, messages: list[dict[str, Any]], status: int | None) -> None:
        self.left, self.status = messages, status
        self.sent: list[dict[str, Any]] = []
        self.killed = 0

    def send(self, message: dict[str, Any]) -> bool:
        self.sent.append(message)
        return True

    def messages(self) -> Iterator[dict[str, Any]]:
        if self.left:
            yield self.left.pop(0)

    def exit_status(self) -> int | None:
        return None if self.left else self.status

    def ask_to_stop(self) -> None:
        self.status = 0

    def kill(self) -> None:
        self.killed += 1


def child_of(monkeypatch: pytest.MonkeyPatch, *processes: Process) -> BenchChild:
    started = iter(processes)
    monkeypatch.setattr(gpu, "OsProcess", lambda spec: next(started))
    return BenchChild(FakeClock())


def test_a_task_yields_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process([line("a"), line("b"), {"done": "x"}, line("not any more")], None)
    assert list(child_of(monkeypatch, process).do({"task": "x"}, 5.0)) == [line("a"), line("b")]
    assert process.sent == [{"task": "x"}]


def test_a_process_that_ends_ends_its_task_and_the_next_one_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    dead, next_one = Process([line("a"), {"error": "an illegal memory access"}], -11), Process([{"done": "y"}], None)
    child = child_of(monkeypatch, dead, next_one)
    with pytest.raises(TaskEnded, match="an illegal memory access"):
        list(child.do({"task": "x"}, 5.0))
    assert list(child.do({"task": "y"}, 5.0)) == []
    assert next_one.sent == [{"task": "y"}]


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = Process([], None)
    with pytest.raises(TaskEnded, match="given up after 5 s"):
        list(child_of(monkeypatch, hung).do({"task": "x"}, 5.0))
    assert hung.killed == 1


def test_a_task_that_raises_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(order: Order) -> Iterator[dict[str, Any]]:
        yield line("so far")
        raise RuntimeError("CUDA error: out of luck\nand more")

    monkeypatch.setattr(gpu_worker, "TASKS", {"x": fails})
    asked = {"task": "x", "seconds": 1.0, "rehearsal": True, "folder": "."}
    assert [told["line"] for told in gpu_worker.messages(asked)] == [
        "so far",
        "x can't be measured: CUDA error: out of luck",
    ]


class Pipe:
    """A parent's pipe with orders in it."""

    def __init__(self, *tasks: str) -> None:
        self._orders = [{"task": task, "seconds": 1.0, "rehearsal": True, "folder": "."} for task in tasks]
        self.told: list[dict[str, Any]] = []
        self.stopping = self

    def is_set(self) -> bool:
        return not self._orders

    def commands(self) -> list[dict[str, Any]]:
        return [self._orders.pop(0)]

    def tell(self, **status: object) -> None:
        self.told.append(status)


def test_the_worker_leaves_after_an_error_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def task(order: Order) -> Iterator[dict[str, Any]]:
        yield line("CUDA error: illegal address" if order.task == "bad" else "fine")

    monkeypatch.setattr(gpu_worker, "TASKS", {"good": task, "bad": task})
    pipe = Pipe("good", "bad", "good")
    gpu_worker.main(pipe)  # type: ignore[arg-type]
    assert pipe.told == [line("fine"), {"done": "good"}, line("CUDA error: illegal address"), {"done": "bad"}]


@pytest.mark.show
@pytest.mark.timeout(400)
def test_a_rehearsal_walks_through_every_table() -> None:
    process = start_vj("bench", "gpu", "--rehearse", env={"OMP_NUM_THREADS": "1"})
    out, err = finished(process, 380.0)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert "can't be measured" not in out
    assert "doesn't run" not in out
    rows = [line for line in out.splitlines() if line.startswith("| ")][1:]
    measured = [row for row in rows if row.endswith("| rehearsed |")]
    assert len(measured) == len(CARD_LIMITS) - 2, "all but the ratio to eager torch, and video memory"
