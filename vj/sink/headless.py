"""A display without a window: for installations that only record or send, for servers, and for the tests."""

from collections.abc import Callable, Iterable

from vj.gl import context
from vj.gl.canvas import Canvas


class Headless:
    """A display without a window; see `vj.sink.surface.Surface`. It makes an OpenGL context, ``ctx`` (a
    moderngl.Context), which `close` releases; it is no context manager.

    ``closing`` is always False and ``refresh`` 0; `key_events` and `dropped` give nothing. `present` shows nothing: it
    waits until the GPU has finished drawing, not for a refresh, so the show must hold its own rate.
    """

    closing = False
    refresh = 0.0
    leads = paced = False

    def __init__(self) -> None:
        """Make the context. Raises Unavailable where there is no OpenGL at all."""
        self.ctx = context.headless()

    def poll(self, refresh: Callable[[], None]) -> None:
        """Do nothing: no events come, and ``refresh`` is never called."""

    def key_events(self) -> Iterable[tuple[str, bool]]:
        """Returns nothing: there are no keys."""
        return ()

    def dropped(self) -> Iterable[str]:
        """Returns nothing: there is no window to drop files on."""
        return ()

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Wait until the GPU has drawn everything, as a window's buffer swap does. The arguments change nothing."""
        self.ctx.finish()

    def close(self) -> None:
        """Release the OpenGL context."""
        self.ctx.release()
