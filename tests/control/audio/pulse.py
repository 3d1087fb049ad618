"""A PulseAudio server of the tests' own: one null sink, whose monitor is the default input."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

_NEEDED = ("pulseaudio", "pactl", "paplay", "parec")
_CONFIG = """
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
load-module module-null-sink sink_name=vj rate=48000 channels=2 sink_properties=device.description=Stage
set-default-sink vj
set-default-source vj.monitor
"""
_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.pulse { type pulse }
"""
RATE = 48000


class Pulse:
    """The server; ``env`` leads programs to it, also through ALSA."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vj-pulse-"))  # short: a socket's path may have 107 bytes
        (self._folder / "default.pa").write_text(_CONFIG.format(folder=self._folder))
        (self._folder / "asound.conf").write_text(_ALSA)
        self.env = {
            "PULSE_SERVER": f"unix:{self._folder}/native",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_STATE_PATH": str(self._folder),
            "ALSA_CONFIG_PATH": str(self._folder / "asound.conf"),
        }
        self.start()

    def start(self) -> None:
        """Also after `kill`, at the same address."""
        (self._folder / "native").unlink(missing_ok=True)
        command = ["pulseaudio", "-n", "-F", str(self._folder / "default.pa"), "--exit-idle-time=-1", "--daemonize=no"]
        command += ["--use-pid-file=no", "--realtime=no", "--high-priority=no"]
        command += [f"--log-target=file:{self._folder}/log"]
        self._server = self._launch(command)
        deadline = time.monotonic() + 100
        while subprocess.run(["pactl", "info"], env=self._environment(), capture_output=True, timeout=100).returncode:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.05)
        # A null sink that nobody records from with a short latency works in periods of up to 2 s.
        command = ["parec", "-d", "vj.monitor", f"--rate={RATE}", "--latency-msec=10"]
        self._recorder = self._launch(command)

    def kill(self) -> None:
        """The server dies without warning."""
        for process in (self._server, self._recorder):
            process.kill()
            process.wait()

    @contextmanager
    def playing(self, samples: npt.NDArray[np.float64]) -> Iterator[None]:
        """Play mono samples into the sink, from now on, until they or the block end."""
        path = self._folder / "played.raw"
        path.write_bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        command = ["paplay", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=20"]
        player = self._launch([*command, str(path)])
        try:
            yield
        finally:
            player.kill()
            player.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}


def missing() -> str:
    """What this machine lacks for it, or nothing."""
    lacking = [name for name in _NEEDED if not shutil.which(name)]
    if not list(Path("/usr/lib").glob("**/alsa-lib/libasound_module_pcm_pulse.so")):
        lacking.append("ALSA's way to PulseAudio (libasound2-plugins)")
    return ", ".join(lacking)
