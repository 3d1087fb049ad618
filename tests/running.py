"""Running the real command, and looking at what it made."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pythonosc.osc_message_builder import OscMessageBuilder

from vj.source.pattern import read_counter

__all__ = [
    "Playing",
    "film_frames",
    "free_port",
    "leftovers",
    "newest_frame",
    "read_counter",
    "start_vj",
    "vj",
    "vj_fails",
]


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
    out, err = finished(process)
    assert process.returncode == 0, err or out
    assert not leftovers(process.pid)
    return out


def finished(process: subprocess.Popen[str], seconds: float = 110.0) -> tuple[str, str]:
    """What the command printed, and said on stderr, once it has come to its end. Killed, it fails with both."""
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it didn't end within {seconds:g} s", *process.communicate()) from None


def vj_fails(*arguments: str, env: dict[str, str] | None = None) -> str:
    """Run a command that must fail as bad input does: status 2, one clear line, no traceback. That line."""
    process = start_vj(*arguments, env=env)
    out, err = finished(process)
    assert process.returncode == 2, (process.returncode, out, err)
    assert "Traceback" not in err
    return err


def film_frames(path: Path) -> list[npt.NDArray[np.uint8]]:
    """Every frame of a film, H×W×3."""
    import av

    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def newest_frame(path: Path) -> npt.NDArray[np.uint8] | None:
    """The last frame of a film that may still be written; None while there is none. What comes before its last key
    frame isn't decoded."""
    import av

    packets: list[av.Packet] = []
    with suppress(OSError, IndexError, av.error.FFmpegError), av.open(str(path)) as film:  # it isn't written yet
        for packet in film.demux(video=0):
            packets = [packet] if packet.is_keyframe else [*packets, packet]
        frames = [frame for packet in packets for frame in packet.decode()]
        return frames[-1].to_ndarray(format="rgb24") if frames else None
    return None


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


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Playing:
    """A show that runs until it is stopped; OSC goes to it, its statistics come from it."""

    patience = 100.0
    """Seconds that it may take to come up."""

    def __init__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.port, self.stats, self.film = free_port(), folder / "s.json", folder / "out.mp4"
        options = ("--osc-port", str(self.port), "--stats", str(self.stats), "--record", str(self.film), "--overwrite")
        self.process = start_vj("run", *arguments, *options, env=env)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0.2)

    def send(self, address: str, *values: object) -> None:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)  # type: ignore[arg-type]
        self._socket.sendto(builder.build().dgram, ("127.0.0.1", self.port))

    def ask(self, address: str) -> bytes | None:
        """The answer to a lone ``?``, or None when nobody answers."""
        self.send(address, "?")
        try:
            while not (answer := self._socket.recv(4096)).startswith(address.encode() + b"\0"):
                pass  # one to an earlier question, asked while the show was still starting
        except (TimeoutError, ConnectionError):
            return None
        return answer

    def wait_until_up(self) -> "Playing":
        deadline = time.monotonic() + self.patience
        while self.ask("/master/opacity") is None:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "the show never answered"
        while not self.children("vj.control.midi"):  # it is started last, and by another thread
            assert time.monotonic() < deadline, "the process for MIDI was never started"
            time.sleep(0.01)
        return self

    def children(self, target: str) -> list[int]:
        """Process numbers of its children that run ``target``."""
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", target], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]

    def wait_for_other(self, target: str, pid: int) -> None:
        deadline = time.monotonic() + 100
        while not (now := self.children(target)) or now == [pid]:
            assert time.monotonic() < deadline, f"{target} never came back"
            time.sleep(0.02)

    def close(self) -> None:
        self._socket.close()
        self.process.kill()
        self.process.communicate(timeout=100)

    def stop(self, how: int = signal.SIGTERM) -> dict[str, Any]:
        self.process.send_signal(how)
        return self.ended()

    def ended(self) -> dict[str, Any]:
        """Its statistics, once it has come to its end by itself."""
        out, err = finished(self.process)
        assert self.process.returncode == 0, (out, err)
        assert "Traceback" not in err
        report: dict[str, Any] = json.loads(self.stats.read_text())
        return report
