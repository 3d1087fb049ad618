"""The interfaces of displays and of sinks, as the loop uses them."""

from collections.abc import Callable, Iterable
from typing import Protocol

import moderngl

from vj.gl.canvas import Canvas


class Surface(Protocol):
    """A display: a window, or none."""

    ctx: moderngl.Context
    leads: bool
    """Whether the show runs at the display's own rate, unless it is asked for another one."""
    paced: bool
    """Whether `present` itself waits for the display's refresh."""

    @property
    def refresh(self) -> float:
        """Pictures a second that the display can show at the moment; 0 where it has no rate of its own.

        It changes when a window is moved to another monitor.
        """
        ...

    @property
    def closing(self) -> bool:
        """Whether the user has closed the window."""
        ...

    def poll(self, refresh: Callable[[], None]) -> None:
        """Handle what happened to the display: keys, files, its place. Call it between two frames.

        While a window is dragged, some systems don't return from this. They then call ``refresh`` now and then, which
        draws a frame if one is due.
        """
        ...

    def key_events(self) -> Iterable[tuple[str, bool]]:
        """Returns the names of keys that went down (True) or up (False) since the last call."""
        ...

    def dropped(self) -> Iterable[str]:
        """Returns the paths of files that were dropped on the display since the last call."""
        ...

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Show the canvas.

        ``fit`` says how it is placed in a window of another shape, as in `vj.gl.program.fit_scale`.
        """
        ...

    def close(self) -> None:
        """Close the display, and give back all that it holds."""
        ...


class Sink(Protocol):
    """Takes every picture that the display shows. Only `close` may wait."""

    def take_frame(self, canvas: Canvas, now: float) -> None:
        """Take the picture on ``canvas``, which will be shown next; ``now`` is the frame's time (monotonic seconds)."""
        ...

    def notice(self) -> str:
        """Returns a line for the heads-up display, or an empty text."""
        ...

    def report(self) -> dict[str, object]:
        """Returns this sink's part of the statistics, JSON-able."""
        ...

    def close(self) -> None:
        """Finish what was taken; may wait for it. Harmless a second time."""
        ...
