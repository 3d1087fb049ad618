"""Running the real command, and looking at what it made."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vj.source.pattern import read_counter

__all__ = ["film_frames", "leftovers", "read_counter", "start_vj", "vj", "vj_fails"]


def start_vj(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
    """The command, running."""
    command = [sys.executable, "-m", "vj", *arguments]
    environment = {**os.environ, **(env or {})}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=cwd
    )


def vj(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run the command to its end; what it printed. Fails if it did."""
    process = start_vj(*arguments, env=env, cwd=cwd)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err or out
    assert not leftovers(process.pid)
    return out


def vj_fails(*arguments: str, env: dict[str, str] | None = None) -> str:
    """Run a command that must fail as bad input does: status 2, one clear line, no traceback. That line."""
    process = start_vj(*arguments, env=env)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, (process.returncode, out, err)
    assert "Traceback" not in err
    return err


def film_frames(path: Path) -> list[npt.NDArray[np.uint8]]:
    """Every frame of a film, H×W×3."""
    import av

    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def leftovers(pid: int) -> list[str]:
    """Children of the show that was process ``pid`` which are still there, by their command lines."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "-m vj.child" in line and line.split()[-1] == str(pid):
            found.append(line)
    return found
