"""A monitor of this machine as a source."""

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from vj.base.clock import Pacer
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels
from vj.params.param import Value
from vj.source.source import Begin, Source

_REGION = re.compile(r"(\d{1,5})x(\d{1,5})\+(\d{1,5})\+(\d{1,5})")


class Screen(Source):
    """Grabs a monitor, or a part of the desktop, ``fps`` times a second, scaled down to fit into ``box``, with sides
    cut to multiples of 4."""

    name = "screen"
    help = "a monitor: screen (the primary one), screen:NUMBER from 1, or a region screen:WxH+X+Y"
    live = True

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput for a target that is neither empty nor a monitor's NUMBER nor WxH+X+Y, Unavailable where the
        system doesn't let a program see the screen. Whether the monitor exists shows in `open`."""
        _region(target)
        _require_display()

    def open(self) -> None:
        """Opens the screen and grabs it once, to try. Raises BadInput for a bad target, a monitor that doesn't exist or
        a region beyond the desktop, Unavailable if the screen can't be read."""
        self.check(self.target)
        import mss
        import mss.exception

        try:
            self._grabber = mss.MSS()
            self._area = self._find_area(self._grabber.monitors)
            self._grabber.grab(self._area)
        except mss.exception.ScreenShotError as error:
            raise Unavailable(f"the screen can't be read: {error}") from error
        self.title = f"screen {self._area['width']}x{self._area['height']}"
        self._small: Pixels | None = None
        self._pacer = Pacer(self.clock, self.fps)

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits until the next picture is due at ``fps``, grabs it, writes it as RGB into the buffer and returns the
        monotonic time (s) at which the grab began. Raises mss's ScreenShotError when the desktop is gone."""
        self._pacer.wait()
        started = self.clock.now()
        shot = self._grabber.grab(self._area)
        grabbed = self.clock.now()
        self._deliver(np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4), begin)
        self.on_spent("capture", grabbed - started)
        self.on_spent("resize", self.clock.now() - grabbed)
        return started

    def close(self) -> None:
        """Lets go of the screen."""
        self._grabber.close()

    def _deliver(self, bgra: Pixels, begin: Begin) -> None:
        """Scales and converts ``bgra`` [h, w, 4] into the output."""
        import cv2

        size = self.box.fitted(bgra.shape[1], bgra.shape[0])
        if size != (bgra.shape[1], bgra.shape[0]):
            bgra = self._small = cv2.resize(bgra, size, dst=self._small, interpolation=cv2.INTER_AREA)
        cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB, dst=begin(size.height, size.width))

    def _find_area(self, monitors: list[dict[str, Any]]) -> dict[str, int]:
        """Returns the area to grab. ``monitors`` begins with the whole desktop, as mss lists them. Raises BadInput."""
        desktop, single = monitors[0], monitors[1:]
        region = _region(self.target)
        if region:
            return _inside(region, desktop)
        if not self.target:
            return next((one for one in single if one.get("is_primary")), monitors[1])
        if not 1 <= int(self.target) <= len(single):
            sizes = ", ".join(f"{n}: {one['width']}x{one['height']}" for n, one in enumerate(single, 1))
            raise BadInput(f"there is no monitor {self.target}; choices: {sizes or 'none'}")
        return single[int(self.target) - 1]


def _region(target: str) -> dict[str, int] | None:
    """Returns the region that ``target`` describes, or None if it names a monitor. Raises BadInput for any other
    target."""
    match = _REGION.fullmatch(target)
    if match:
        width, height, left, top = map(int, match.groups())
        if width and height:
            return {"left": left, "top": top, "width": width, "height": height}
    elif not target or (target.isdecimal() and len(target) < 4):
        return None
    raise BadInput(f"screen takes nothing, a monitor's number or WxH+X+Y, not {target!r}")


def _inside(region: dict[str, int], desktop: dict[str, Any]) -> dict[str, int]:
    """Returns ``region`` in the desktop's coordinates. Raises BadInput if it reaches beyond the desktop."""
    fits = (
        region["left"] + region["width"] <= desktop["width"] and region["top"] + region["height"] <= desktop["height"]
    )
    if not fits:
        raise BadInput(f"the region reaches beyond the desktop of {desktop['width']}x{desktop['height']}")
    return region | {"left": region["left"] + desktop["left"], "top": region["top"] + desktop["top"]}


def _require_display() -> None:
    """Raises Unavailable where the system doesn't let a program see the screen."""
    if sys.platform in ("win32", "darwin"):
        return
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        raise Unavailable("a Wayland session doesn't let programs see the screen; log in to an X11 session instead")
    if not os.environ.get("DISPLAY"):
        raise Unavailable("there is no screen to grab: DISPLAY is not set")
