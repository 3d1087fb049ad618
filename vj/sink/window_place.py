"""Where the show's window was when it was closed, which is kept in the user's state folder for the next start."""

import contextlib
import json
from typing import NamedTuple

from vj.base.atomic_file import write_cached
from vj.base.paths import state

_FILE = "window.place"
_SMALLEST, _LARGEST = 64, 16384
"""The smallest and the largest side of a kept window, in pixels, that is used."""


class WindowPlace(NamedTuple):
    """A window's place in pixels; ``x`` and ``y`` count from the upper left corner of the monitor ``monitor``.

    That is the monitor's identity, see `vj.sink.window.Monitor`.
    """

    monitor: str
    x: int
    y: int
    width: int
    height: int

    def inside(self, width: int, height: int) -> "WindowPlace":
        """Returns a place on the same monitor, moved and made smaller as far as needed to lie within it.

        ``width`` and ``height`` are the monitor's, in pixels.
        """
        own_width, own_height = min(self.width, width), min(self.height, height)
        x, y = max(0, min(self.x, width - own_width)), max(0, min(self.y, height - own_height))
        return WindowPlace(self.monitor, x, y, own_width, own_height)


def kept() -> WindowPlace | None:
    """Returns the place that the last show kept in the state folder; None where there is none that can be used.

    Sides below 64 or above 16384 pixels can't. Raises nothing.
    """
    try:
        place = WindowPlace(**json.loads((state() / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    is_good = isinstance(place.monitor, str) and all(type(number) is int for number in place[1:])
    return place if is_good and all(_SMALLEST <= side <= _LARGEST for side in place[3:]) else None


def keep(place: WindowPlace) -> None:
    """Keep ``place`` for the next start, in place of the one before.

    If it can't be written, nothing is raised, and the one before stays.
    """
    with contextlib.suppress(OSError):
        write_cached(state() / _FILE, json.dumps(place._asdict()).encode())
