"""What the loop needs of a display, and of anything else that takes its pictures."""

from collections.abc import Callable, Iterable
from typing import Protocol

import moderngl

from vj.gl.canvas import Canvas


class Surface(Protocol):
    """A display: a window, or nothing at all."""

    ctx: moderngl.Context
    leads: bool
    """Whether the show goes at the display's own rate, unless it is asked for another one."""
    paced: bool
    """Whether `present` itself waits for the display's refresh."""

    @property
    def refresh(self) -> float:
        """Pictures a second that the display can show just now; 0 where it has no rate of its own.

        It changes when a window is moved to another monitor.
        """
        ...

    @property
    def closing(self) -> bool:
        """Whether the user closed the window."""
        ...

    def poll(self, refresh: Callable[[], None]) -> None:
        """Take in what happened to the display: keys, files, its place. Call it between two frames.

        Some systems don't return from this while a window is dragged. They call ``refresh`` now and then meanwhile,
        which draws a frame if it is time for one.
        """
        ...

    def key_events(self) -> Iterable[tuple[str, bool]]:
        """Keys that went down (True) or up since the last call, by name."""
        ...

    def dropped(self) -> Iterable[str]:
        """Paths of the files that were dropped on it since the last call."""
        ...

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Show the canvas; ``fit`` says how in a window of another shape, as in `vj.gl.program.fit_scale`."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class Sink(Protocol):
    """Takes every picture that the display shows; must not block."""

    def take_frame(self, canvas: Canvas, now: float) -> None: ...

    def notice(self) -> str:
        """A line for the heads-up display, or nothing."""
        ...

    def report(self) -> dict[str, object]:
        """For the statistics."""
        ...

    def close(self) -> None: ...
