"""A real X server with two monitors and no hardware; windows in it, keys pressed and pictures taken from outside."""

import io
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

FIRST, SECOND = (1280, 720), (1024, 768)
"""The monitors' sizes in pixels; DUMMY1 stands to the right of DUMMY0."""

_NEEDED = ("Xorg", "xrandr", "xdotool", "import")
_DRIVER = "xorg/modules/drivers/dummy_drv.so"
_CONFIG = """
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
  Option "AllowMouseOpenFail" "true"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 64000
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
  Modeline "1280x720" 74.25 1280 1390 1430 1650 720 725 730 750 +hsync +vsync
  Modeline "1024x768" 65.00 1024 1048 1184 1344 768 771 777 806 -hsync -vsync
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 2560 1600
    Modes "1280x720" "1024x768"
  EndSubSection
EndSection
"""


class Screens:
    """The server's two monitors."""

    def __init__(self, folder: Path) -> None:
        config = folder / "xorg.conf"
        config.write_text(_CONFIG)
        ours, theirs = socket.socketpair()  # only its descriptor is of use: the server writes its number to it
        command = ["Xorg", "-config", str(config), "-displayfd", str(theirs.fileno()), "-noreset", "-nolisten", "tcp"]
        command += ["-novtswitch", "-sharevts", "-logfile", str(folder / "xorg.log")]
        said = folder / "said.txt"
        with said.open("wb") as file:
            self._server = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        theirs.close()
        ours.settimeout(30)
        with ours, ours.makefile() as told:
            self.name = ":" + told.readline().strip()
        assert self.name != ":", said.read_text()[-2000:]
        self.env = {"DISPLAY": self.name, "WAYLAND_DISPLAY": "", "XDG_SESSION_TYPE": "x11"}
        self._run("xrandr", "--output", "DUMMY0", "--mode", "1280x720", "--primary")
        self._run("xrandr", "--addmode", "DUMMY1", "1024x768")
        self.plug()

    def plug(self) -> None:
        """The second monitor comes (back)."""
        self._run("xrandr", "--output", "DUMMY1", "--mode", "1024x768", "--right-of", "DUMMY0")
        self._run("xrandr", "--query")  # programs read the server's last answer: this makes it a fresh one

    def unplug(self) -> None:
        """The second monitor goes, as if its cable were pulled."""
        self._run("xrandr", "--output", "DUMMY1", "--off")

    def press(self, *keys: str) -> None:
        """Press keys, by X's names, in whichever window has the keyboard."""
        self._run("xdotool", "key", *keys)

    def window(self) -> int | None:
        """The show's window once it can be seen."""
        said = self._said("xdotool", "search", "--onlyvisible", "--name", "^vj: ")
        return int(said.split()[0]) if said.strip() else None

    def hears(self) -> int:
        """The window that the keyboard's keys go to, as far as it is one of the show's."""
        said = self._said("xdotool", "getwindowfocus").split()
        return int(said[0]) if said else 0

    def place(self, window: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a window."""
        lines = self._said("xdotool", "getwindowgeometry", "--shell", str(window)).splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        left, top, width, height = (int(told[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        return left, top, width, height

    def resize(self, window: int, width: int, height: int) -> None:
        self._run("xdotool", "windowsize", str(window), str(width), str(height))

    def look(self, at: tuple[int, int, int, int]) -> npt.NDArray[np.int16]:
        """What can be seen of the desktop in a rectangle, H×W×3; signed, so that pictures can be compared."""
        left, top, width, height = at
        command = ["import", "-window", "root", "-crop", f"{width}x{height}+{left}+{top}", "-depth", "8", "ppm:-"]
        taken = subprocess.run(command, env=self._environment(), capture_output=True, timeout=100)
        assert taken.returncode == 0, taken.stderr
        with Image.open(io.BytesIO(taken.stdout)) as picture:
            return np.asarray(picture.convert("RGB")).astype(np.int16)

    def close(self) -> None:
        self._server.terminate()
        try:
            self._server.wait(100)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self._environment(), capture_output=True, timeout=100, check=True)

    def _said(self, *command: str) -> str:
        return subprocess.run(command, env=self._environment(), capture_output=True, timeout=100, text=True).stdout


def missing() -> str:
    """What this machine lacks for it, or nothing."""
    lacking = [name for name in _NEEDED if not shutil.which(name)]
    if not any(Path(folder, _DRIVER).exists() for folder in ("/usr/lib", "/usr/lib64")):
        lacking.append("Xorg's dummy driver")
    return ", ".join(lacking)


@pytest.fixture(scope="session")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screens]:
    """An X server with two monitors, the same for all tests: leave it as it was."""
    if lacking := missing():
        pytest.skip(f"needs {lacking}")
    server = Screens(tmp_path_factory.mktemp("xorg"))
    yield server
    server.close()
