"""The supervisor's rules by a fake clock and fake processes, then real processes really killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from vj.base.clock import FakeClock, LiveClock
from vj.child import error_log
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec, Message, OsProcess
from vj.child.supervisor import FIRST_PAUSE, HEALTHY_AFTER, LONGEST_PAUSE, LONGEST_SILENCE, Child, Limits, Supervisor


class FakeProcess:
    """Dies, speaks and beats when the test says so."""

    def __init__(self) -> None:
        self.pid, self.status, self.killed = 4711, None, False
        self.others = 0.0
        self.said: list[Message] = []
        self.sent: list[Message] = []

    def exit_status(self) -> int | None:
        return self.status

    def held_up(self) -> float:
        return self.others

    def messages(self) -> Iterator[Message]:
        while self.said:
            yield self.said.pop(0)

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    def ask_to_stop(self) -> None:
        self.status = 0

    def kill(self) -> None:
        self.killed, self.status = True, -9


class Bench:
    """A child of fake processes, driven step by step."""

    def __init__(self, clock: FakeClock, limits: Limits) -> None:
        self.clock, self.beats, self.processes = clock, 0, []
        self.child = Child(ChildSpec("fake", "x:y"), lambda: self.beats, limits, self.launch)

    def launch(self, spec: ChildSpec) -> FakeProcess:
        self.processes.append(FakeProcess())
        return self.processes[-1]

    def go(self, seconds: float, beating: bool = False, step: float = 0.01) -> None:
        for _ in range(round(seconds / step)):
            self.clock.sleep(step)
            self.beats += beating
            self.child.tend(self.clock.now())

    @property
    def process(self) -> FakeProcess:
        return self.processes[-1]


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock, Limits(start=10.0, silence=2.0))


def test_it_starts_and_runs(bench: Bench) -> None:
    bench.go(0.1)
    assert bench.child.state == "starting"
    bench.go(1.0, beating=True)
    assert (bench.child.state, bench.child.restarts, len(bench.processes)) == ("running", 0, 1)


def test_one_that_dies_is_back_after_the_first_pause(bench: Bench) -> None:
    bench.go(1.0, beating=True)
    bench.process.status = -9
    bench.go(0.02)
    assert (bench.child.state, bench.child.restarts) == ("restarting", 1)
    assert "status -9" in bench.child.fault
    bench.go(FIRST_PAUSE + 0.02)
    assert len(bench.processes) == 2


def test_a_slow_one_may_be_silent_for_longer_but_not_for_ever(bench: Bench) -> None:
    for _ in range(20):
        bench.go(0.6)
        bench.beats += 1
    slow = bench.process
    bench.go(4.5)
    assert not slow.killed
    bench.go(0.5)
    assert slow.killed
    bench.go(1.0, beating=True)  # the next one has to show for itself that it is slow
    bench.go(2.1)
    assert bench.process.killed


def test_one_that_says_how_long_its_work_takes_is_waited_for(bench: Bench) -> None:
    """From the first pass on, and without a bound; back to the usual as soon as it says so."""
    bench.go(0.5, beating=True)
    slow = bench.process
    slow.said.append({"patience": 48.0})
    for _ in range(3):
        bench.go(47.0, step=0.1)
        bench.beats += 1
    assert not slow.killed
    slow.said.append({"patience": 0.0})
    bench.go(1.0, beating=True)
    bench.go(LONGEST_SILENCE + 0.2)
    assert slow.killed


@pytest.mark.parametrize("nonsense", ["for ever", None, [1], {}])
def test_patience_that_is_no_number_is_none(bench: Bench, nonsense: object) -> None:
    bench.go(1.0, beating=True)
    bench.process.said.append({"patience": nonsense})
    bench.go(2.2)
    assert bench.processes[0].killed


def test_one_that_the_system_does_not_let_go_on_does_not_hang(bench: Bench) -> None:
    """Nine tenths of the time others go first: it gets ten times as long."""
    bench.go(1.0, beating=True)
    for _ in range(1200):
        bench.process.others += 0.009
        bench.go(0.01)
    assert not bench.processes[0].killed
    bench.go(1.0)
    assert bench.processes[0].killed


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system doesn't tell")
def test_how_long_a_process_is_held_up_is_known() -> None:
    """One that sleeps isn't."""
    process = OsProcess(ChildSpec("echo", "tests.child.talking:echo"))
    try:
        before = process.held_up()
        assert before >= 0.0
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        assert process.held_up() - before < 0.4
    finally:
        process.kill()
    assert process.held_up() == 0.0


def test_a_gap_of_the_supervisors_own_is_nobodys_fault(clock: FakeClock) -> None:
    bench, supervisor = Bench(clock, Limits(start=10.0, silence=2.0)), Supervisor(clock)
    supervisor.add(bench.child)

    def go(seconds: float, beating: bool = False) -> None:
        for _ in range(round(seconds / 0.02)):
            clock.sleep(0.02)
            bench.beats += beating
            supervisor.turn()

    go(1.0, beating=True)
    clock.sleep(3600.0)
    supervisor.turn()
    go(1.5)
    assert not bench.process.killed
    go(1.0)
    assert bench.processes[0].killed, "and a hang is one, still"
    supervisor.close()


def test_silence_beyond_the_limit_is_a_hang(bench: Bench) -> None:
    bench.go(1.0, beating=True)
    hung = bench.process
    bench.go(1.9)
    assert not hung.killed
    bench.go(0.2)
    assert hung.killed
    assert "no sign of life" in bench.child.fault


def test_starting_has_a_limit_of_its_own(bench: Bench) -> None:
    bench.go(9.9)
    assert not bench.process.killed
    bench.go(0.3)
    assert bench.processes[0].killed


def test_what_it_says_while_it_starts_is_a_sign_of_life(bench: Bench) -> None:
    """It waits for people, who take their time, and then it has to open a camera, which takes some, too."""
    for _ in range(40):
        bench.go(1.0)
        bench.process.said.append({"waiting": "for permission"})
    bench.process.said.append({"waiting": ""})
    bench.go(9.0)
    assert (bench.child.state, bench.child.restarts) == ("starting", 0)
    bench.go(1.2)
    assert bench.processes[0].killed


def test_what_it_says_later_is_none(bench: Bench) -> None:
    bench.go(1.0, beating=True)
    hung = bench.process
    for _ in range(4):
        hung.said.append({"title": "still here"})
        bench.go(0.6)
    assert hung.killed


def test_pauses_double_up_to_a_bound_and_health_resets_them(bench: Bench) -> None:
    pauses = []
    for _ in range(7):
        bench.go(0.05, beating=True)
        bench.process.status = 1
        began, many = bench.clock.now(), len(bench.processes)
        while len(bench.processes) == many:
            bench.go(0.01)
        pauses.append(bench.clock.now() - began)
    assert pauses[0] == pytest.approx(FIRST_PAUSE, abs=0.03)
    assert pauses[1] == pytest.approx(2 * FIRST_PAUSE, abs=0.03)
    assert max(pauses) == pytest.approx(LONGEST_PAUSE, abs=0.03)
    bench.go(HEALTHY_AFTER + 1.0, beating=True)
    bench.process.status = 1
    bench.go(FIRST_PAUSE + 0.03)
    assert bench.child.restarts == 8
    assert len(bench.processes) == 9


def test_what_it_cannot_use_is_known_as_a_refusal_only_before_it_ever_ran(bench: Bench) -> None:
    bench.go(0.02)
    bench.process.said.append({"refused": "no such camera", "error": "no such camera"})
    bench.process.status = 2
    bench.go(0.02)
    assert bench.child.refused == "no such camera"


def test_a_refusal_later_is_only_a_fault(bench: Bench) -> None:
    bench.go(0.02)
    bench.process.said.append({"ready": True})
    bench.go(1.0, beating=True)
    bench.process.said.append({"refused": "gone", "error": "gone"})
    bench.process.status = 2
    bench.go(0.02)
    assert (bench.child.refused, bench.child.fault) == ("", "gone")


def test_signs_of_life_alone_do_not_turn_a_refusal_into_a_fault(bench: Bench) -> None:
    """A model that takes long to find out that it can't be run."""
    bench.go(1.0, beating=True)
    bench.process.said.append({"refused": "unknown runtime", "error": "unknown runtime"})
    bench.process.status = 2
    bench.go(0.02)
    assert bench.child.refused == "unknown runtime"


def test_one_that_can_never_work_here_is_not_tried_again(bench: Bench) -> None:
    bench.go(0.02)
    bench.process.said.append({"refused": "no library", "error": "no library", "retry": False})
    bench.process.status = 2
    bench.go(10.0)
    assert (bench.child.state, bench.child.fault, bench.child.restarts) == ("unavailable", "no library", 0)
    assert bench.process.killed, "its pipes were left open"
    assert len(bench.processes) == 1
    assert bench.child.gone()
    bench.child.send({"trigger": "seek"})
    assert bench.child.lost == 1


def test_one_that_was_only_refused_is_tried_again(bench: Bench) -> None:
    bench.go(0.02)
    bench.process.said.append({"refused": "no camera", "error": "no camera", "retry": True})
    bench.process.status = 2
    bench.go(1.0)
    assert len(bench.processes) > 1


class Odd(Exception):
    """Something that nobody expects."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(12, "Cannot allocate memory"), "Cannot allocate memory"),
        (ValueError("pass_fds not supported"), "pass_fds not supported"),
        (RuntimeError("can't start new thread"), "can't start new thread"),
        (TypeError("Object is not JSON serializable"), "not JSON serializable"),
        (AssertionError(), "AssertionError"),
        (Odd("?"), "could not be started: ?"),
    ],
)
def test_whatever_starting_raises_is_a_fault_and_it_is_tried_again(
    clock: FakeClock, error: Exception, said: str
) -> None:
    def fail(spec: ChildSpec) -> FakeProcess:
        raise error

    child = Child(ChildSpec("fake", "x:y"), lambda: 0, launch=fail)
    for _ in range(300):
        clock.sleep(0.01)
        child.tend(clock.now())
    assert child.state == "restarting"
    assert said in child.fault
    assert 3 <= child.restarts <= 8


def test_whatever_tending_raises_takes_it_down_and_the_next_one_is_tended(bench: Bench) -> None:
    bench.go(1.0, beating=True)
    broken = bench.process

    def fail(*arguments: object) -> None:
        raise KeyError("a bug of ours")

    broken.messages = broken.kill = fail  # type: ignore[assignment, method-assign]
    bench.go(0.02, beating=True)
    assert bench.child.state == "restarting"
    assert "could not be tended: 'a bug of ours'" in bench.child.fault
    bench.go(FIRST_PAUSE + 0.05, beating=True)
    assert bench.child.state == "running"
    assert bench.process is not broken


def test_after_very_many_faults_it_is_still_tried_once_a_second(clock: FakeClock) -> None:
    def fail(spec: ChildSpec) -> FakeProcess:
        raise OSError("still not")

    child = Child(ChildSpec("fake", "x:y"), lambda: 0, launch=fail)
    for _ in range(2000):
        clock.sleep(LONGEST_PAUSE + 0.01)
        child.tend(clock.now())
    assert child.restarts == 2000


def test_no_fault_of_one_child_costs_the_others_their_supervisor(caplog: pytest.LogCaptureFixture) -> None:
    """The thread itself: one child can't be started, one can't be ended, and what follows a third one's end fails."""

    class Lasting(FakeProcess):
        def ask_to_stop(self) -> None:
            raise Odd("it won't be asked")

        def kill(self) -> None:
            raise Odd("it won't be killed")

    def fail(spec: ChildSpec) -> FakeProcess:
        raise Odd("it won't be started")

    supervisor = Supervisor(LiveClock(), period=0.001)
    never = Child(ChildSpec("never", "x:y"), lambda: 0, launch=fail)
    lasting = Child(ChildSpec("lasting", "x:y"), lambda: 0, launch=lambda spec: Lasting())
    other = Child(ChildSpec("other", "x:y"), lambda: 0, launch=lambda spec: FakeProcess())
    supervisor.start()
    for child in (never, lasting):
        supervisor.add_in_background(child)
    until(lambda: never.restarts >= 2 and lasting.pid is not None)
    supervisor.remove_in_background(lasting, lambda: fail(other.spec))
    supervisor.add_in_background(other)
    until(lambda: other.pid is not None)
    before = never.restarts
    until(lambda: never.restarts > before)
    supervisor.close()
    assert other.state == "stopped"
    assert "it won't be killed" in caplog.text
    assert "it won't be started" in never.fault


def test_a_command_to_a_child_that_is_gone_is_counted_not_raised() -> None:
    output = LatestFrame.create(4, 4, readers=1)
    process = OsProcess(
        ChildSpec(
            "writer", "tests.child.writer_process:main", {"shared": output.describe(), "sizes": [[4, 4]]}, output.fds
        )
    )
    assert process.send({"trigger": "seek", "amount": 0.5})
    process.kill()
    assert not process.send({"trigger": "seek", "amount": 0.5})
    child = Child(ChildSpec("fake", "x:y"), lambda: 0)
    child.send({"trigger": "seek"})
    assert child.lost == 1


def test_what_a_child_tells_is_not_believed_blindly(bench: Bench) -> None:
    bench.go(0.02)
    bench.process.said.append({"parts": {"infer": "soon"}, "title": ["x"], "size": "64x36"})
    bench.process.said.append({"parts": {"infer": [2, 0.5]}})
    bench.go(0.02)
    assert bench.child.info == {"size": "64x36", "parts": {"infer": [2, 0.5]}}


@pytest.fixture
def real() -> Iterator[tuple[Child, LatestFrame]]:
    """A real child that writes pictures."""
    output = LatestFrame.create(64, 36, readers=1)
    config = {"shared": output.describe(), "sizes": [[36, 64]]}
    child = Child(
        ChildSpec("writer", "tests.child.writer_process:main", config, output.fds),
        lambda: output.heartbeats,
        Limits(20.0, 0.5),
    )
    supervisor = Supervisor(LiveClock())
    supervisor.add(child)
    supervisor.start()
    until(lambda: child.state == "running")
    yield child, output
    supervisor.close()


def test_killed_for_real_it_comes_back(real: tuple[Child, LatestFrame]) -> None:
    child, output = real
    first = child.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: child.state == "running" and child.pid != first)
    seen = output.published
    until(lambda: output.published > seen)
    assert child.restarts == 1


def test_stopped_for_real_it_is_taken_for_hung_and_comes_back(real: tuple[Child, LatestFrame]) -> None:
    child, _ = real
    first = child.pid
    os.kill(first, signal.SIGSTOP)
    until(lambda: child.state == "running" and child.pid not in (first, None))
    assert "no sign of life" in child.fault


def test_closing_leaves_no_process(real: tuple[Child, LatestFrame]) -> None:
    child, _ = real
    pid = child.pid
    supervisor = Supervisor(LiveClock())
    supervisor.add(child)
    supervisor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_target_that_raises_tells_why_in_one_line_however_often_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    output = LatestFrame.create(4, 4, readers=1)
    child = Child(ChildSpec("bad", "tests.child.raising:main"), lambda: output.heartbeats)
    supervisor = Supervisor(LiveClock())
    supervisor.add(child)
    supervisor.start()
    until(lambda: child.restarts >= 3)
    supervisor.close()
    assert child.fault == "RuntimeError: out of paint"
    (log,) = tmp_path.rglob("errors.log")
    assert capfd.readouterr().err == f"bad: RuntimeError: out of paint (details in {log})\n"
    kept = log.read_text()
    assert kept.count("out of paint") == 3, "told, shown and raised, once"
    assert "tests/child/raising.py" in kept


def test_where_no_file_can_be_written_the_details_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert error_log.keep(1, "bad", "out of paint", "line 7\n") == "bad: out of paint\nline 7"


def test_a_log_that_has_grown_long_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for number in range(8):
        assert error_log.keep(1, "bad", f"number {number}", "x" * 300_000)
    (log,) = tmp_path.rglob("errors.log")
    assert log.stat().st_size < 2_000_000
    assert "number 7" in log.read_text()


def test_children_come_and_go_without_waiting_in_the_order_asked_for(clock: FakeClock) -> None:
    """One that is dismissed before it was ever started, while another is just ending, costs nobody their supervisor."""
    made: list[FakeProcess] = []

    def launch(spec: ChildSpec) -> FakeProcess:
        made.append(FakeProcess())
        return made[-1]

    supervisor, gone = Supervisor(LiveClock(), period=0.001), []
    supervisor.start()
    children = [Child(ChildSpec(name, "x:y"), lambda: 0, launch=launch) for name in "abc"]
    for child in children:
        supervisor.add_in_background(child)
        supervisor.remove_in_background(child, lambda child=child: gone.append(child))
    last = Child(ChildSpec("d", "x:y"), lambda: 0, launch=launch)
    supervisor.add_in_background(last)
    deadline = time.monotonic() + 100
    while last.pid is None:
        assert time.monotonic() < deadline, "the supervisor is gone"
        time.sleep(0.001)
    assert gone == children
    supervisor.close()
