"""Stepping forward and back, on systems that have other words for it."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from vj.base import process_priority

STEP_BACK = """
import os
from vj.base import process_priority as priority
priority.step_back(priority.USUAL + 5)
print(os.getpriority(os.PRIO_PROCESS, 0) - priority.USUAL)
"""


def test_a_child_steps_back() -> None:
    done = subprocess.run([sys.executable, "-c", STEP_BACK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "5"


SESSION = f"""
import subprocess, sys
from pathlib import Path
from vj.base import process_priority as priority
def nice():
    return int(Path("/proc/self/autogroup").read_text().split()[-1])
before = nice()
subprocess.run([sys.executable, "-c", {STEP_BACK!r}], check=True, capture_output=True)
there = nice()
priority.step_back(7)
print(before, there, nice())
"""


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel doesn't group by session")
def test_a_session_of_its_own_steps_back_with_it_and_no_other_one() -> None:
    """A terminal's, for example: all that is started in it later would be slow."""
    command = [sys.executable, "-c", SESSION]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    before, there, own = map(int, done.stdout.split())
    assert (there, own) == (before, 14)


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The priority classes that Windows is asked for; nothing of what POSIX and Linux have is there."""

    class Function:
        def __init__(self, work) -> None:
            self._work = work

        def __call__(self, *arguments: int) -> object:
            return self._work(*arguments)

    asked: list[int] = []
    kernel = SimpleNamespace(
        GetCurrentProcess=Function(lambda: -1), SetPriorityClass=Function(lambda process, wanted: asked.append(wanted))
    )
    monkeypatch.setattr(process_priority.sys, "platform", "win32")
    monkeypatch.setattr(process_priority.ctypes, "WinDLL", lambda name: kernel, raising=False)
    for name in ("getpriority", "setpriority", "PRIO_PROCESS", "sched_setscheduler", "SCHED_RR", "sched_param"):
        monkeypatch.delattr(os, name)
    return asked


def test_on_windows_the_show_and_its_children_have_classes(classes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_priority, "USUAL", process_priority.own_nice())
    with process_priority.outranking(), process_priority.realtime() as allowed:
        assert not allowed
    process_priority.step_back(5)
    process_priority.step_back(0)
    assert classes == [0x8000, 0x20, 0x4000, 0x20]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
def test_the_threads_that_draw_are_real_time_with_the_loop_and_others_are_not() -> None:
    """A software renderer's, by their name."""
    ready, done = threading.Barrier(3), threading.Event()
    threads: dict[str, int] = {}

    def wait(name: str) -> None:
        threads[name] = threading.get_native_id()
        Path(f"/proc/self/task/{threads[name]}/comm").write_text(name)
        ready.wait(60)
        done.wait(60)

    started = [threading.Thread(target=wait, args=(name,)) for name in ("llvmpipe-0", "other")]
    for thread in started:
        thread.start()
    try:
        ready.wait(60)
        with process_priority.realtime() as allowed:
            inside = {name: os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK for name, thread in threads.items()}
        outside = {os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK for thread in (0, *threads.values())}
    finally:
        done.set()
        for thread in started:
            thread.join()
    assert inside == {"llvmpipe-0": os.SCHED_RR if allowed else os.SCHED_OTHER, "other": os.SCHED_OTHER}
    assert outside == {os.SCHED_OTHER}
