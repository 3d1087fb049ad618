"""Makes OpenGL contexts: one without a window, or one around the context of a window."""

import contextlib
import os
import sys
from collections.abc import Callable
from types import TracebackType

import moderngl

from vj.base.errors import Unavailable
from vj.base.paths import cache, cache_trouble

REQUIRED = 330
"""OpenGL 3.3 core, which every machine of the last fifteen years has, software rendering included."""


def headless() -> moderngl.Context:
    """Returns a new OpenGL 3.3 context that needs no window (on Linux by EGL, without a window system), now current.

    Raises Unavailable, which on Linux says how to fix it.
    """
    keep_compiled()
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
    """Returns a moderngl context around the OpenGL context of a window, which must be current in this thread.

    ``get_proc_address``, from the window library, returns the address of an OpenGL function by its name, or None.
    Raises Unavailable for a context older than OpenGL 3.3. Releasing the result leaves the window's context alone.
    """
    return _created({"context": _Loader(get_proc_address)})


def keep_compiled() -> None:
    """Have Mesa keep what it compiles on disk also for a user without a cache of their own, in the folder that
    `vj.base.paths.cache` uses then. So a shader that a child has tried is there at once for the show. Call it before a
    context is made."""
    with contextlib.suppress(Unavailable):
        if sys.platform == "linux" and "MESA_SHADER_CACHE_DIR" not in os.environ and cache_trouble():
            os.environ["MESA_SHADER_CACHE_DIR"] = str(cache("gl"))


def is_software(ctx: moderngl.Context) -> bool:
    """Returns whether ``ctx`` is a software renderer: the CPU draws, which leaves less of it to the models."""
    renderer = str(ctx.info["GL_RENDERER"]).lower()
    return any(name in renderer for name in ("llvmpipe", "softpipe", "swrast", "software"))


def _created(options: dict[str, object]) -> moderngl.Context:
    try:
        return moderngl.create_context(require=REQUIRED, **options)  # type: ignore[arg-type]
    except Exception as error:
        raise Unavailable(f"no OpenGL {REQUIRED / 100:.1f} context: {error}") from error


class _Loader:
    """Gives moderngl the functions of a foreign context by name."""

    def __init__(self, get_proc_address: Callable[[str], int | None]) -> None:
        self._get = get_proc_address

    def load_opengl_function(self, name: str) -> int:
        with contextlib.suppress(TypeError):
            return int(self._get(name) or 0)
        return 0

    def __enter__(self) -> "_Loader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Do nothing: the context stays current for the life of the window."""

    def release(self) -> None:
        """Do nothing: the window owns the context."""
