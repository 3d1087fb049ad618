"""Cameras of this machine, identified by name and port instead of by number."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels, Size
from vj.params.param import Value
from vj.source.camera_permission import WHERE, permission
from vj.source.camera_settings import PARAMS, Mode, lock_exposure, lock_focus
from vj.source.source import Begin, Source

_log = logging.getLogger(__name__)
_LOCKS: Mapping[str, Callable[[Any, bool], bool]] = {"lock_exposure": lock_exposure, "lock_focus": lock_focus}
_OPEN_TIMEOUT_MS, _READ_TIMEOUT_MS = 3000, 2000
_ASKED = "waiting for permission to use the camera"
_LOOK = 0.25
"""Seconds between two checks whether the user has answered."""
_LINUX_NODES = Path("/sys/class/video4linux")


@dataclass(frozen=True)
class CameraIdentity:
    """A camera as the system names it.

    ``identity`` (``NAME@PLACE``, where PLACE is the port that it is plugged into) asks for this very camera again,
    whatever else is plugged in. ``short`` is for display: the name alone, unless another camera that is plugged in
    shares it; then it is ``identity``. ``path`` is the device's address, empty where the system tells none; ``vid`` and
    ``pid`` are its USB vendor and product numbers, None where unknown; ``index`` and ``backend`` are OpenCV's numbers.
    """

    name: str
    index: int
    path: str
    vid: int | None
    pid: int | None
    identity: str
    short: str
    backend: int

    def answers(self, wanted: str) -> bool:
        """Returns whether ``wanted`` means this camera: any part of its name in any case, or its whole path or
        identity, or ``vid:pid`` in hexadecimal (``046d:085c``). Its index isn't looked at."""
        exact = {self.path, self.identity}
        if self.vid is not None and self.pid is not None:
            exact.add(f"{self.vid:04x}:{self.pid:04x}")
        return wanted in exact or wanted.lower() in exact or wanted.casefold() in self.name.casefold()


class Camera(Source):
    """A camera of this machine: opens the one that the target means, and no other. Pictures keep their shape, scaled
    down to fit into ``box``, with sides cut to multiples of 4.

    After `open`, ``target`` is the camera's identity. So a restarted source waits for the same camera, and doesn't take
    another one of the same name that was plugged in meanwhile.
    """

    name = "camera"
    help = "a camera: camera (the first one), camera:INDEX, camera:NAME, camera:PATH or camera:VID:PID"
    live = True
    params = PARAMS

    def open(self) -> None:
        """Opens the camera, and sets ``target`` to its identity, ``title`` to its name and ``fps`` to the rate that it
        reports. Where the system asks the user for permission, waits for the answer, however long it takes, and calls
        ``on_wait``.

        Raises BadInput listing the cameras if none or several are meant, Unavailable if the camera may not be used,
        OSError if it doesn't open.
        """
        camera = choose(self.target, cameras())
        self._ask_permission(camera)
        self.target, self.title = camera.identity, camera.name
        self._camera, self._usual = camera, Mode(self.box, self.fps)
        self._start(self._usual)
        self._raw: Pixels | None = None
        self._small: Pixels | None = None
        self._turned: Pixels | None = None

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits for the camera's next picture, writes it as RGB into the buffer, scaled down to fit into ``box``,
        mirrored if ``values`` say so, and returns the monotonic time (s) at which it had come. Changed ``values`` are
        applied first: another size or rate opens the camera anew.

        Raises OSError if no picture comes: the camera is unplugged, or hangs for longer than the time-out.
        """
        self._adjust(values)
        grabbed = self._capture.grab()
        captured = self.clock.now()
        got, self._raw = self._capture.retrieve(self._raw) if grabbed else (False, None)
        if not got or self._raw is None:
            raise OSError(f"camera {self.target}: no picture came")
        decoded = self.clock.now()
        self.on_spent("capture", decoded - captured)
        self._deliver(self._raw, begin, bool(values["mirror"]))
        self.on_spent("resize", self.clock.now() - decoded)
        return captured

    def close(self) -> None:
        """Releases the camera."""
        self._capture.release()

    def _start(self, mode: Mode) -> None:
        """Opens the camera in ``mode``, with nothing locked."""
        self._capture, self._mode = _open(self._camera, *mode), mode
        self.fps = _rate(self._capture, mode.fps)
        self._locked = dict.fromkeys(_LOCKS, False)

    def _adjust(self, values: Mapping[str, Value]) -> None:
        """Applies changed values; another size or rate opens the camera anew."""
        mode = Mode.of(values, self._usual)
        if mode != self._mode:
            self._capture.release()
            self._start(mode)
        for name, lock in _LOCKS.items():
            wanted = bool(values[name])
            if wanted != self._locked[name]:
                self._locked[name] = wanted
                if not lock(self._capture, wanted):
                    _log.warning("%s can't be told to %s", self.title, name.replace("_", " the "))

    def _ask_permission(self, camera: CameraIdentity) -> None:
        """Returns once the camera may be used. Raises Unavailable if it may not be."""
        if permission() == "undetermined":
            self.on_wait(_ASKED)
            with suppress(OSError):  # opening makes the system ask, and fails until there is an answer
                _open(camera, self.box, self.fps).release()
            while permission() == "undetermined":
                self.on_wait(_ASKED)
                self.clock.sleep(_LOOK)
            self.on_wait("")
        if permission() == "denied":
            denied = f"{camera.short} may not be used; fix: allow it in {WHERE}, then start vj again"
            self.on_wait(denied)
            raise Unavailable(denied)

    def _deliver(self, raw: Pixels, begin: Begin, mirror: bool) -> None:
        """Scales, mirrors and converts ``raw`` into the output. Scaling first leaves less to mirror and to convert."""
        import cv2

        size = self.box.fitted(raw.shape[1], raw.shape[0])
        if size != (raw.shape[1], raw.shape[0]):
            how = cv2.INTER_AREA if raw.shape[1] >= 2 * size.width else cv2.INTER_LINEAR
            raw = self._small = cv2.resize(raw, size, dst=self._small, interpolation=how)
        if mirror:
            raw = self._turned = cv2.flip(raw, 1, dst=self._turned)
        order = cv2.COLOR_GRAY2RGB if raw.ndim == 2 or raw.shape[2] == 1 else cv2.COLOR_BGR2RGB
        cv2.cvtColor(raw, order, dst=begin(size.height, size.width))


def cameras() -> list[CameraIdentity]:
    """Returns the cameras that are plugged in, sorted by OpenCV's index, a new list at each call; an empty list if
    there are none, or if OpenCV can't use any here. No camera is opened."""
    _quieten()
    import cv2
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends

    built_in = cv2.videoio_registry.isBackendBuiltIn  # the others are listed even where their plug-in is missing
    backend = next((one for one in supported_backends if built_in(one)), None)
    if backend is None:
        return []
    found = sorted(enumerate_cameras(backend), key=lambda info: info.index)
    names = [info.name or f"camera {info.index}" for info in found]
    return [_identify(info, name, alone=names.count(name) == 1) for info, name in zip(found, names, strict=True)]


def choose(target: str, plugged: list[CameraIdentity]) -> CameraIdentity:
    """Returns the camera of ``plugged`` that ``target`` means. An empty target means the first, digits alone mean
    OpenCV's index, anything else is compared by `CameraIdentity.answers`, where a whole identity or path comes before a
    part of a name. Raises BadInput, listing the choices, if none or several are meant."""
    if target.isdecimal():
        answering = [camera for camera in plugged if str(camera.index) == target]
    elif target:
        answering = [camera for camera in plugged if camera.answers(target)]
        answering = [camera for camera in answering if target in (camera.identity, camera.path)] or answering
    else:
        answering = plugged[:1]
    if len(answering) == 1:
        return answering[0]
    asked = f"camera {target!r}" if target else "a camera"
    problem = f"{len(answering)} cameras answer to {target!r}" if answering else f"{asked} was asked for, none is there"
    listed = ", ".join(f"{camera.index}: {camera.short} ({camera.path})" for camera in answering or plugged)
    raise BadInput(f"{problem}; choices: {listed or 'none'}")


def _identify(info: Any, name: str, alone: bool) -> CameraIdentity:
    """Returns a camera of OpenCV's list; ``alone`` says that no other one has its name."""
    path = str(info.path or "")
    place = _place(path)
    identity = f"{name}@{place}" if place else name
    short = name if alone else identity
    return CameraIdentity(name, info.index, path, info.vid, info.pid, identity, short, info.backend)


def _place(path: str) -> str:
    """Returns the port that a device is plugged into.

    On Linux, the path is only a number in the order of appearance. So the place is the USB port and, if the device has
    several nodes (a camera may have them for colour and infrared), the number of the node.
    """
    node = _LINUX_NODES / Path(path).name
    if sys.platform != "linux" or not (node / "device").exists():
        return path
    port, number = (node / "device").resolve().name, _first_line(node / "index")
    return port if number in ("", "0") else f"{port}#{number}"


def _first_line(path: Path) -> str:
    """Returns the file's text without the space around it, or an empty text if it can't be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _quieten() -> None:
    """Sets environment variables that OpenCV reads when it is first used."""
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(_READ_TIMEOUT_MS // 1000))
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")  # or Windows takes half a minute to open
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")


def _open(camera: CameraIdentity, box: Size, fps: float) -> Any:
    """Returns the opened capture, which is asked for compressed pictures about as large as ``box``. Raises OSError."""
    import cv2

    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_TIMEOUT_MS]
    capture = cv2.VideoCapture(camera.index, camera.backend, timeouts)
    if not capture.isOpened():  # a backend that knows no time-outs refuses them
        capture = cv2.VideoCapture(camera.index, camera.backend)
    if not capture.isOpened():
        raise OSError(f"camera {camera.short} ({camera.path}) doesn't open; is another program using it?")
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # raw pictures don't fit through USB 2 at HD
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, box.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, box.height)
    capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _rate(capture: Any, default: float) -> float:
    """Returns the capture's rate (pictures/s), or ``default`` if the rate that it reports can't be true."""
    import cv2

    told = float(capture.get(cv2.CAP_PROP_FPS))
    return told if np.isfinite(told) and 1 <= told <= 1000 else default
