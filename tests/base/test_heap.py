"""Threads share few arenas of the C library's heap."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, sys, threading
from vj.base.heap import limit_arenas

if sys.argv[1] == "limited":
    assert limit_arenas()
together = threading.Barrier(9)

def work():
    together.wait()  # all of them are there at once
    kept = [bytearray(2000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
together.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_threads_share_the_arenas_that_there_may_be(tmp_path: Path) -> None:
    arenas = {}
    for how in ("limited", "usual"):
        said = tmp_path / how
        subprocess.run([sys.executable, "-c", PROGRAM, how, str(said)], check=True)
        arenas[how] = said.read_text().count("<heap nr=")
    assert arenas["limited"] <= 2 < 8 <= arenas["usual"]
