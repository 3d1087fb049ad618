"""One real child and its two pipes, with what other systems lack taken away."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from tests.without import first_of_all
from vj.child import pipes, process
from vj.child.pipes import LineReader, LineWriter
from vj.child.process import ChildSpec, Message, OsProcess

PATIENCE = 100.0
ECHO = ChildSpec("echo", "tests.child.talking:echo")


@pytest.fixture
def begin() -> Iterator[Callable[[ChildSpec], OsProcess]]:
    """``begin(spec)`` starts a child, which is gone after the test."""
    begun: list[OsProcess] = []

    def start(spec: ChildSpec) -> OsProcess:
        begun.append(OsProcess(spec))
        return begun[-1]

    yield start
    for each in begun:
        each.kill()


def heard(child: OsProcess, key: str) -> Message:
    """What the child says, up to the first message with ``key``."""
    said: Message = {}

    def listen() -> bool:
        for message in child.messages():
            said.update(message)
        return key in said

    until(listen)
    return said


def echoes(child: OsProcess) -> None:
    assert child.send({"asked": 1})
    assert heard(child, "asked") == {"asked": 1}
    child.ask_to_stop()
    until(lambda: child.exit_status() is not None)
    assert child.exit_status() == 0


def test_a_child_hears_answers_and_leaves(begin: Callable[[ChildSpec], OsProcess]) -> None:
    echoes(begin(ECHO))


def test_so_it_does_where_no_pipe_can_be_told_not_to_block(
    begin: Callable[[ChildSpec], OsProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows, Python 3.11."""
    monkeypatch.delattr(os, "set_blocking")
    missing = first_of_all(tmp_path / "here", "import os\ndel os.set_blocking\n")
    monkeypatch.setenv("PYTHONPATH", missing["PYTHONPATH"])
    echoes(begin(ECHO))


def test_so_it_does_where_descriptors_cannot_be_passed_on(
    begin: Callable[[ChildSpec], OsProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows again. There it is a group of its own, as it isn't to hear the terminal's Ctrl-C."""
    popen, asked = subprocess.Popen, dict[str, Any]()

    def on_windows(command: list[str], creationflags: int = 0, **how: Any) -> "subprocess.Popen[bytes]":
        if how.get("pass_fds"):
            raise ValueError("pass_fds is not supported on Windows")
        asked.update(how, creationflags=creationflags)
        return popen(command, **how)

    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(process.sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "Popen", on_windows)
    child = begin(ECHO)
    monkeypatch.setattr(process.sys, "platform", "linux")
    assert asked["creationflags"] == 0x200
    echoes(child)


def test_elsewhere_it_is_in_no_group_that_the_terminal_interrupts(begin: Callable[[ChildSpec], OsProcess]) -> None:
    assert os.getpgid(begin(ECHO).pid) != os.getpgid(0)


@pytest.mark.parametrize("lines", [0, 3000])
def test_last_words_are_never_lost(begin: Callable[[ChildSpec], OsProcess], lines: int) -> None:
    """Also when the pipe was full of others: whoever sees the exit status has them."""
    child = begin(ChildSpec("refusing", "tests.child.talking:refuse_after", {"lines": lines}))
    said: Message = {}
    count = 0
    while True:
        status = child.exit_status()
        for message in child.messages():
            said.update(message)
            count += 1
        if status is not None:
            break
        time.sleep(0.01)
    assert (status, said["refused"], count) == (2, "these were my last words", lines + 1)


def test_a_child_that_does_not_read_holds_nobody_up(begin: Callable[[ChildSpec], OsProcess]) -> None:
    child = begin(ECHO)
    echo = child.send({"asked": 1}) and heard(child, "asked")
    os.kill(child.pid, signal.SIGSTOP)
    taken = 0
    while child.send({"asked": "x" * 1000}):  # a send that waits would never come back
        taken += 1
        assert taken < 10_000, "it takes more and more"
    assert taken >= pipes.MOST_TO_WRITE
    os.kill(child.pid, signal.SIGCONT)
    until(lambda: child.send({"last": True}))
    assert heard(child, "last")["asked"] == "x" * 1000
    assert echo == {"asked": 1}


def test_a_command_longer_than_a_pipe_arrives_whole(begin: Callable[[ChildSpec], OsProcess]) -> None:
    text = "ö" * 10_000  # 60 kB as JSON
    child = begin(ECHO)
    for number in range(3):
        child.send({f"text{number}": text})
    assert {len(part) for part in heard(child, "text2").values()} == {10_000}


def test_a_job_that_is_no_json_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it was started"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        OsProcess(ChildSpec("bad", "x:y", {"config": object()}))


def test_without_room_for_a_thread_no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def seen(*arguments: Any, **how: Any) -> "subprocess.Popen[bytes]":
        started.append(popen(*arguments, **how))
        return started[-1]

    def full(self: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(subprocess, "Popen", seen)
    monkeypatch.setattr("threading.Thread.start", full)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        OsProcess(ECHO)
    assert started[0].wait(PATIENCE) == -signal.SIGKILL
    for end in (started[0].stdin, started[0].stdout):
        assert end is not None
        end.close()


@pytest.fixture
def pipe() -> Iterator[tuple[Any, Any]]:
    """The reading and the writing end of one."""
    ends = os.pipe()
    files = os.fdopen(ends[0], "rb", buffering=0), os.fdopen(ends[1], "wb", buffering=0)
    yield files
    for file in files:
        file.close()


def test_a_line_without_end_is_dropped_and_the_next_one_is_read(pipe: tuple[Any, Any]) -> None:
    reader = LineReader(pipe[0])
    pipe[1].write(b"x" * 40_000)
    pipe[1].write(b"x" * 40_000 + b"\n")
    pipe[1].write(b'{"a": 1}\n')
    found: list[bytes] = []
    until(lambda: found.extend(reader.lines()) or b'{"a": 1}' in found)  # type: ignore[func-returns-value]
    assert max(map(len, found)) < 40_000
    pipe[1].close()
    until(lambda: reader.at_end)


def test_what_is_closed_still_writes_what_waits_and_takes_no_more(pipe: tuple[Any, Any]) -> None:
    writer = LineWriter(pipe[1])
    lines = [json.dumps({"number": number}).encode() + b"\n" for number in range(100)]
    assert all(writer.put(line) for line in lines)
    writer.close()
    writer.close()
    assert not writer.put(b"late\n")
    assert pipe[0].read(1 << 16) + b"".join(iter(lambda: pipe[0].read(1 << 16), b"")) == b"".join(lines)


def test_nothing_is_taken_for_one_that_reads_no_more(pipe: tuple[Any, Any]) -> None:
    writer = LineWriter(pipe[1])
    pipe[0].close()
    until(lambda: not writer.put(b"anybody there?\n"))
