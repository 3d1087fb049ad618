"""Shared memory on systems that lack what Linux has for it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from vj.base import shared_memory
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec, OsProcess

PATIENCE = 100.0
NAMED = Path("/dev/shm")
HOLDS = """
import os, sys, time
if sys.argv[1] == "without":
    del os.memfd_create
from vj.child.latest_frame import LatestFrame
slot = LatestFrame.create(640, 360, readers=1)
slot.writer().begin(360, 640)[:] = 1
print("here", flush=True)
time.sleep(60)
"""


def named() -> set[str]:
    """What has a name in the system's shared memory, and is of ours."""
    return {path.name for path in NAMED.glob("vj*")} if NAMED.is_dir() else set()


@pytest.fixture(params=["posix", "file"])
def without_memfd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder for temporary files, on a system with nothing but POSIX shared memory, and on one without that."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "file":
        monkeypatch.setitem(sys.modules, "_posixshmem", None)
    else:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda: pytest.fail("it is on a disk"))
    return tmp_path


def test_pictures_reach_us_from_a_real_child_and_nothing_stays_behind(without_memfd: Path) -> None:
    before = named()
    shared = LatestFrame.create(64, 36, readers=1)
    assert named() == before, "it has a name"
    assert not list(without_memfd.iterdir()), "it has a name"
    config = {"shared": shared.describe(), "sizes": [[36, 64]]}
    child = OsProcess(ChildSpec("writer", "tests.child.writer_process:main", config, shared.fds))
    reader, deadline = shared.reader(0), time.monotonic() + PATIENCE
    while (frame := reader.newest()) is None:
        assert time.monotonic() < deadline, "no picture came"
        time.sleep(0.001)
    assert frame.pixels.min() == frame.pixels.max() == frame.seq % 251
    child.kill()
    shared.close()
    assert named() == before


@pytest.mark.parametrize("memfd", ["with", "without"])
def test_nothing_stays_behind_one_that_is_killed(memfd: str) -> None:
    before = named()
    with subprocess.Popen([sys.executable, "-c", HOLDS, memfd], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "here\n"
        holder.send_signal(signal.SIGKILL)
        assert holder.wait(PATIENCE) == -signal.SIGKILL
    assert named() == before


def test_a_system_without_room_leaves_no_descriptor_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "ftruncate", full)
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="No space left"):
        SharedMemory(4096)
    assert set(os.listdir("/proc/self/fd")) == before


def test_on_windows_it_is_found_by_a_name_that_nobody_can_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    there: dict[str, bytearray] = {}

    def mapped(fd: int, size: int, tagname: str) -> bytearray:
        assert fd == -1, "there are no descriptors to inherit"
        return there.setdefault(tagname, bytearray(size))

    monkeypatch.setattr(shared_memory.sys, "platform", "win32")
    monkeypatch.setattr(shared_memory.mmap, "mmap", mapped)
    first, other = SharedMemory(64), SharedMemory(64)
    assert first.fds == ()
    SharedMemory.attach(first.describe()).buffer[3] = 7
    assert (first.buffer[3], other.buffer[3]) == (7, 0)
    first.close()
