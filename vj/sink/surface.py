"""The interfaces of displays and of sinks, as the loop uses them."""

from collections.abc import Callable, Iterable
from typing import Protocol

import moderngl

from vj.gl.canvas import Canvas


class Surface(Protocol):
    """A display: `vj.sink.window.Window`, or `vj.sink.headless.Headless`. Only the loop's thread uses it."""

    ctx: moderngl.Context
    """The OpenGL context in which the show draws; it belongs to the display, and ends with it."""
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
        """Take in what happened to the display: keys, dropped files, its place. Call it between two frames.

        `key_events` and `dropped` then give what came. While a window is dragged, some systems don't return from this.
        They then call ``refresh`` now and then, which draws a frame if one is due.
        """
        ...

    def key_events(self) -> Iterable[tuple[str, bool]]:
        """Returns the keys that went down (True) or up (False) since the last call, in order; usually none.

        A key is named in lower case, with the modifiers that are down before it: ``a``, ``space``, ``shift+ctrl+s``.
        Arrow keys that are held go down again and again.
        """
        ...

    def dropped(self) -> Iterable[str]:
        """Returns the paths of files that were dropped on the display since the last call; usually none."""
        ...

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Show the canvas; may wait for the display's refresh.

        ``fullscreen`` says whether a window covers its monitor from now on. ``fit`` says how the canvas is placed in a
        window of another shape: ``fit`` shows all of it between bars, ``fill`` crops it, ``stretch`` distorts it.
        """
        ...

    def close(self) -> None:
        """Close the display, and release its window and OpenGL context. Only once, and last of all that draws."""
        ...


class Sink(Protocol):
    """Takes every picture that the display shows; `vj.sink.recorder.Recorder` is one. Only `close` may wait.

    The loop calls all of it in its own thread.
    """

    def take_frame(self, canvas: Canvas, now: float) -> None:
        """Take the picture on ``canvas``, which will be shown next; ``now`` is the frame's time (monotonic seconds).

        The canvas is drawn over in the next frame.
        """
        ...

    def notice(self) -> str:
        """Returns a line for the heads-up display, or an empty text."""
        ...

    def report(self) -> dict[str, object]:
        """Returns this sink's part of the statistics, JSON-able; also after `close`.

        `vj.show.report.summary_lines` reads ``path``, ``frames``, ``dropped`` and ``error`` (a text or None) in it.
        """
        ...

    def close(self) -> None:
        """Finish what was taken; may wait for it. Harmless a second time."""
        ...
