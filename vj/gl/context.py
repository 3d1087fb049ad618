"""Making OpenGL contexts: one without a window, or one around a window's functions."""

import contextlib
import sys
from collections.abc import Callable
from types import TracebackType

import moderngl

from vj.base.errors import Unavailable

REQUIRED = 330
"""OpenGL 3.3 core: what every machine of the last fifteen years has, software rendering included."""


def headless() -> moderngl.Context:
    """A context of its own (EGL on Linux), no window system needed. Raises Unavailable with what mends it."""
    if sys.platform != "linux":
        return _created({"standalone": True})
    reasons = []
    for libraries in ({}, {"libgl": "libOpenGL.so.0", "libegl": "libEGL.so.1"}):
        try:
            return _created({"standalone": True, "backend": "egl", **libraries})
        except Unavailable as error:
            reasons.append(str(error))
    raise Unavailable(f"{reasons[0]}; on Debian: apt install libegl1 libgl1 libgl1-mesa-dri libegl-mesa0")


def around(get_proc_address: Callable[[str], int | None]) -> moderngl.Context:
    """The context that is current now, its functions found by ``get_proc_address`` (as a window library gives it)."""
    return _created({"context": _Loader(get_proc_address)})


def is_software(ctx: moderngl.Context) -> bool:
    """Whether pictures are drawn by the CPU, which the models need too."""
    renderer = str(ctx.info["GL_RENDERER"]).lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swrast", "software"))


def _created(options: dict[str, object]) -> moderngl.Context:
    try:
        return moderngl.create_context(require=REQUIRED, **options)  # type: ignore[arg-type]
    except Exception as error:
        raise Unavailable(f"no OpenGL {REQUIRED / 100:.1f} context: {error}") from error


class _Loader:
    """What moderngl asks of a foreign context: its functions by name."""

    def __init__(self, get_proc_address: Callable[[str], int | None]) -> None:
        self._get = get_proc_address

    def load_opengl_function(self, name: str) -> int:
        with contextlib.suppress(TypeError):
            return int(self._get(name) or 0)
        return 0

    def __enter__(self) -> "_Loader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to restore: the context stays current for the life of the window."""

    def release(self) -> None:
        """The window owns the context."""
