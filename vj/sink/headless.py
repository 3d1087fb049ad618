"""A display without a window: for installations that only record or send, for servers, and for the tests."""

from collections.abc import Callable, Iterable

from vj.gl import context
from vj.gl.canvas import Canvas


class Headless:
    """A display without a window, with an OpenGL context of its own; see `vj.sink.surface.Surface`."""

    closing = False
    refresh = 0.0
    leads = paced = False

    def __init__(self) -> None:
        """Raises Unavailable where there is no OpenGL at all."""
        self.ctx = context.headless()

    def poll(self, refresh: Callable[[], None]) -> None:
        """Do nothing: no events come."""

    def key_events(self) -> Iterable[tuple[str, bool]]:
        return ()

    def dropped(self) -> Iterable[str]:
        return ()

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Finish drawing the picture, as a window's buffer swap does."""
        self.ctx.finish()

    def close(self) -> None:
        self.ctx.release()
