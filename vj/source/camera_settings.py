"""The settings of a camera that can change while it plays, and how they are set in OpenCV's backends."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from vj.base.frame import Size
from vj.params.param import Param, Value, choice, toggle

AUTO: Final = "auto"
"""The choice that leaves the size to the program."""
SIZES: Final = (AUTO, "320x240", "640x480", "960x540", "1280x720", "1920x1080", "3840x2160")
"""The choices of the parameter ``capture``: `AUTO`, or WIDTHxHEIGHT."""
PARAMS: Final = (
    toggle("mirror", help="left and right exchanged, as in a mirror"),
    choice("capture", SIZES, AUTO, help="the size that it takes (auto: about what is shown); it is opened anew"),
    Param("capture_rate", 0, 240, default=0, kind="int", unit="/s", help="pictures it takes (0: the show's rate)"),
    toggle("lock_exposure", help="hold the exposure as it is now, where the camera can"),
    toggle("lock_focus", help="hold the focus as it is now, where the camera can"),
)
"""The parameters of `vj.source.camera.Camera`."""
_BY_HAND, _BY_ITSELF = (1.0, 0.25), (3.0, 0.75)
"""The values that set the exposure by hand, and automatically: each in Video4Linux, and in OpenCV's other backends."""


class Mode(NamedTuple):
    """The size and the rate (pictures/s) that a camera is asked for; it may give others."""

    size: Size
    fps: float

    @classmethod
    def of(cls, values: Mapping[str, Value], usual: "Mode") -> "Mode":
        """Returns the mode that ``values`` of `PARAMS`, by name, ask for: the size in ``capture`` (``auto`` or
        WIDTHxHEIGHT) and the rate in ``capture_rate`` (pictures/s). ``usual`` stands in for a size of "auto" and for a
        rate of 0."""
        capture, rate = str(values["capture"]), float(values["capture_rate"])
        width, _, height = capture.partition("x")
        size = usual.size if capture == AUTO else Size(int(width), int(height))
        return cls(size, rate or usual.fps)


def lock_exposure(capture: Any, locked: bool) -> bool:
    """Holds the exposure of an opened camera as it is, or makes it automatic again if ``locked`` is false. ``capture``
    is a cv2.VideoCapture. Returns whether the camera accepted that."""
    import cv2

    now = capture.get(cv2.CAP_PROP_EXPOSURE)
    linux = int(capture.get(cv2.CAP_PROP_BACKEND)) == cv2.CAP_V4L2
    wanted = _BY_HAND if locked else _BY_ITSELF
    can = bool(capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, wanted[0] if linux else wanted[1]))
    return can and (not locked or bool(capture.set(cv2.CAP_PROP_EXPOSURE, now)))


def lock_focus(capture: Any, locked: bool) -> bool:
    """Holds the focus of an opened camera as it is, or makes it automatic again if ``locked`` is false. ``capture`` is
    a cv2.VideoCapture. Returns whether the camera accepted that."""
    import cv2

    return bool(capture.set(cv2.CAP_PROP_AUTOFOCUS, 0.0 if locked else 1.0))
