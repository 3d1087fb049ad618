"""A window on a monitor, by glfw. Importing this raises NotInstalled where that library is missing."""

import ctypes
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vj.base.errors import NotInstalled, Unavailable, unknown
from vj.base.frame import Size
from vj.base.packages import install_command
from vj.gl import context
from vj.gl.canvas import Canvas
from vj.gl.program import Pass, fit_scale
from vj.sink import window_place
from vj.sink.window_place import WindowPlace

try:
    import glfw
except ModuleNotFoundError as error:
    raise NotInstalled(
        f"no window: glfw is not installed; fix: {install_command('glfw')}, or use --headless"
    ) from error
except ImportError as error:  # the package is there, but its library can't be loaded
    fix = "apt install libglfw3, or use --headless" if sys.platform == "linux" else "use --headless"
    raise NotInstalled(f"no window: {str(error).rstrip('.')}; fix: {fix}") from error

_MARGIN = 60
"""Pixels between a new window and its monitor's left and upper edge."""


@dataclass(frozen=True)
class Monitor:
    """A connected monitor. ``x`` and ``y`` are its upper left corner on the desktop; all lengths are in glfw's units.

    ``identity`` names it across restarts: glfw's name, followed by ``#2``, ``#3`` and so on for further monitors of the
    same name. ``refresh`` is in pictures a second, 0 if unknown. ``handle`` is that of glfw.
    """

    identity: str
    x: int
    y: int
    width: int
    height: int
    refresh: int
    handle: Any = None


def monitors() -> list[Monitor]:
    """Returns the monitors that are connected now, the primary one first. Starts glfw if need be.

    The list is empty if none is connected. Raises Unavailable where there is no screen that glfw could use.
    """
    _start()
    found: list[Monitor] = []
    for handle in glfw.get_monitors():
        name = _text(glfw.get_monitor_name(handle))
        same = sum(m.identity.split("#")[0] == name for m in found)
        (x, y), mode = glfw.get_monitor_pos(handle), glfw.get_video_mode(handle)
        identity = f"{name}#{same + 1}" if same else name
        found.append(Monitor(identity, x, y, mode.size.width, mode.size.height, mode.refresh_rate, handle))
    return found


def find_monitor(wanted: str | None) -> Monitor:
    """Returns the monitor ``wanted``: an identity, in upper or lower case, or a number as a text, counted from 0.

    Returns the primary one for None. Raises BadInput for an unknown one, Unavailable where there is no monitor.
    """
    found = monitors()
    if not found:
        raise Unavailable("no monitor is connected; use --headless")
    if wanted is None:
        return found[0]
    if wanted.isdigit() and int(wanted) < len(found):
        return found[int(wanted)]
    for monitor in found:
        if monitor.identity.lower() == wanted.lower():
            return monitor
    raise unknown("monitor", wanted, (m.identity for m in found))


class Window:
    """A resizable window, full screen on demand; a `vj.sink.surface.Surface`. The mouse pointer is hidden over it.

    It opens where the last one was closed, in the size ``size`` if that is given. If there was no last one on this
    monitor, it opens in the monitor's upper left corner, in the size ``size`` or ``usual``. It is hidden until the
    first `present`.
    """

    def __init__(
        self, title: str, usual: Size, monitor: str | None, vsync: bool = True, size: Size | None = None
    ) -> None:
        """Open the window on ``monitor``, an identity or a number as a text (see `find_monitor`).

        With None, it opens on the monitor that it was on last, else on the primary one, and belongs to the monitor that
        it is moved to. With ``vsync`` a swap waits for the refresh, except on Wayland; where the CPU draws, it doesn't
        wait either. Raises Unavailable without a screen or OpenGL 3.3, BadInput for an unknown ``monitor``.
        """
        before = window_place.kept()
        self._monitor = find_monitor(monitor) if monitor or not before else _found_again(before.monitor)
        self._identity = self._monitor.identity
        self._follows = monitor is None
        self._full = False
        self._windowed = _opening(self._monitor, before, usual, size)
        self._handle = _create(title, self._windowed[2:])
        self._keys: list[tuple[str, bool]] = []
        self._dropped: list[str] = []
        glfw.set_window_pos(self._handle, *self._windowed[:2])
        glfw.set_input_mode(self._handle, glfw.CURSOR, glfw.CURSOR_HIDDEN)
        glfw.set_key_callback(self._handle, self._on_key)
        glfw.set_drop_callback(self._handle, self._on_drop)  # type: ignore[arg-type] # the stubs lack the list
        glfw.set_monitor_callback(self._on_monitor)
        glfw.set_window_pos_callback(self._handle, self._on_move)
        glfw.set_window_refresh_callback(self._handle, self._on_refresh)
        glfw.make_context_current(self._handle)
        waits = vsync and not _is_wayland()  # a hidden window would wait for ever there
        glfw.swap_interval(int(waits))
        self.ctx = context.around(_proc_address)
        self._pass = Pass(self.ctx, "window")
        self._refresh = float(self._monitor.refresh)
        self.leads = self._refresh > 0 and vsync and not context.is_software(self.ctx)
        self.paced = self.leads and waits
        self._shown = False
        self._replace = self._moved = False
        self._draw_meanwhile: Callable[[], None] | None = None
        """Draws a frame. Set during `poll`, from which the system may not return for a while."""

    @property
    def closing(self) -> bool:
        """Whether the user has closed the window, which stays until `close`."""
        return bool(glfw.window_should_close(self._handle))

    @property
    def refresh(self) -> float:
        """Pictures a second of the monitor that the window is on; 0 if it never had one that tells its rate.

        `poll` updates it when the window was moved.
        """
        return self._refresh

    def poll(self, refresh: Callable[[], None]) -> None:
        """Handle the window's events: note keys and dropped files, and on which monitor the window is.

        ``refresh`` draws a frame if one is due. It is called while the system doesn't return, as in dragging.
        """
        self._draw_meanwhile = refresh
        try:
            glfw.poll_events()
        finally:
            self._draw_meanwhile = None
        if self._moved:
            self._note_rate()

    def key_events(self) -> Iterable[tuple[str, bool]]:
        """Returns the keys that went down (True) or up (False) since the last call, in order, and forgets them.

        Names are as in `key_name`, after ``shift+``, ``ctrl+`` or both. Only arrow keys repeat while they are held.
        """
        if not self._keys:
            return ()
        pressed, self._keys = self._keys, []
        return pressed

    def dropped(self) -> Iterable[str]:
        """Returns the paths of files that were dropped on the window since the last call, and forgets them."""
        if not self._dropped:
            return ()
        taken, self._dropped = self._dropped, []
        return taken

    def present(self, canvas: Canvas, fullscreen: bool, fit: str) -> None:
        """Draw the canvas and swap the buffers. Waits for the refresh where the system does.

        Shows the window the first time. ``fullscreen`` has it cover its monitor, or return to its place before that.
        ``fit`` is ``fit`` (bars), ``fill`` (cropped) or ``stretch``.
        """
        if not self._shown:  # only now, with a picture in it: never a black window
            glfw.show_window(self._handle)
            self._shown = True
        if fullscreen != self._full or self._replace:
            self._place(fullscreen)
        size = glfw.get_framebuffer_size(self._handle)
        if min(size) > 0:
            self._draw(canvas, size, fit)
        glfw.swap_buffers(self._handle)

    def close(self) -> None:
        """Keep the window's place for the next start, then release the context and the window, and end glfw."""
        self._keep_place()
        self.ctx.release()
        glfw.destroy_window(self._handle)
        glfw.terminate()

    def _keep_place(self) -> None:
        if not self._shown:
            return
        x, y, *size = self._windowed if self._full else self._place_now()
        window_place.keep(WindowPlace(self._monitor.identity, x - self._monitor.x, y - self._monitor.y, *size))

    def _place_now(self) -> tuple[int, int, int, int]:
        """Returns left, top, width and height of the window.

        Wayland doesn't say where a window is: there, left and top are those that were asked for.
        """
        left_top = self._windowed[:2] if _is_wayland() else glfw.get_window_pos(self._handle)
        return (*left_top, *glfw.get_window_size(self._handle))

    def _draw(self, canvas: Canvas, size: tuple[int, int], fit: str) -> None:
        screen = self.ctx.screen
        screen.viewport = (0, 0, *size)
        screen.use()
        self._pass["reach"] = fit_scale(fit, canvas.size, size)
        canvas.texture.use(0)
        self._pass.draw()

    def _place(self, full: bool) -> None:
        """Cover the chosen monitor, or go back to where the window was."""
        self._replace = False
        if full:
            self._cover()
        elif self._full:
            glfw.set_window_monitor(self._handle, None, *self._windowed, glfw.DONT_CARE)  # type: ignore[arg-type]
            glfw.set_window_attrib(self._handle, glfw.DECORATED, True)
        else:
            glfw.set_window_pos(self._handle, *self._windowed[:2])
        self._full, self._moved = full, True

    def _cover(self) -> None:
        """Cover the chosen monitor.

        The window is moved there first, because some window managers would otherwise cover the one that it is on.
        """
        if not self._full:
            self._windowed = self._place_now()
        to = self._monitor
        glfw.set_window_attrib(self._handle, glfw.DECORATED, False)
        glfw.set_window_pos(self._handle, to.x, to.y)
        glfw.set_window_size(self._handle, to.width, to.height)
        glfw.set_window_monitor(self._handle, to.handle, 0, 0, to.width, to.height, to.refresh or glfw.DONT_CARE)

    def _note_rate(self) -> None:
        """Find out which monitor the window is on, and take over its rate if it has one.

        Wayland doesn't say where a window is.
        """
        self._moved = False
        if self._full or _is_wayland():
            monitor: Monitor | None = self._monitor
        else:
            there = monitors()
            monitor = _monitor_of(self._place_now(), there)
            if monitor and self._follows and any(m.identity == self._identity for m in there):  # else it is unplugged
                self._monitor, self._identity = monitor, monitor.identity
        if monitor and monitor.refresh > 0:
            self._refresh = float(monitor.refresh)

    def _on_move(self, window: object, x: int, y: int) -> None:
        self._moved = True
        self._on_refresh(window)

    def _on_refresh(self, window: object) -> None:
        """Draw a frame, because the system wants one and may not return for a while.

        On macOS and Windows this happens while the window is dragged.
        """
        draw, self._draw_meanwhile = self._draw_meanwhile, None  # drawing may call this in turn
        if draw:
            draw()
            self._draw_meanwhile = draw

    def _on_key(self, window: object, key: int, code: int, action: int, mods: int) -> None:
        if action != glfw.REPEAT or key in _REPEATING:
            self._keys.append((_held(mods) + key_name(key), action != glfw.RELEASE))

    def _on_drop(self, window: object, paths: list[str]) -> None:
        self._dropped += paths

    def _on_monitor(self, monitor: object, event: int) -> None:
        """Follow a monitor that came or went.

        The window belongs on its own monitor, or on the primary one until that is back.
        """
        there, before = monitors(), self._monitor
        if not there:
            return
        self._monitor = now = next((m for m in there if m.identity == self._identity), there[0])
        moved = (now.identity, now.x, now.y) != (before.identity, before.x, before.y)
        if moved:  # where the window was is now off screen, or on another monitor
            self._windowed = _inside(now, (self._windowed[2], self._windowed[3]))
        self._replace = self._full or moved


_REPEATING = {glfw.KEY_UP, glfw.KEY_DOWN, glfw.KEY_LEFT, glfw.KEY_RIGHT}

_NAMES = {
    value: name[4:].lower()
    for name, value in vars(glfw).items()
    if name.startswith("KEY_") and isinstance(value, int) and name not in ("KEY_UNKNOWN", "KEY_LAST")
}


def _held(mods: int) -> str:
    """Returns the modifiers that are down, as they stand before a key's name.

    On a Mac the command key counts as ctrl, too.
    """
    ctrl = glfw.MOD_CONTROL | (glfw.MOD_SUPER if sys.platform == "darwin" else 0)
    return ("shift+" if mods & glfw.MOD_SHIFT else "") + ("ctrl+" if mods & ctrl else "")


def key_name(key: int) -> str:
    """Returns glfw's name of a key in lower case: ``a``, ``1``, ``space``, ``escape``, ``left``, ``f1``.

    ``key`` is glfw's number of it. Returns ``unknown`` for a number without a name.
    """
    return _NAMES.get(key, "unknown")


def _is_wayland() -> bool:
    """Returns whether windows are Wayland's, as far as glfw knows: it does since version 3.4."""
    return hasattr(glfw, "get_platform") and glfw.get_platform() == glfw.PLATFORM_WAYLAND


def _monitor_of(place: tuple[int, int, int, int], found: Iterable[Monitor]) -> Monitor | None:
    """Returns the monitor that shows the middle of a window at ``place`` (left, top, width, height), or None."""
    x, y = place[0] + place[2] // 2, place[1] + place[3] // 2
    return next((m for m in found if m.x <= x < m.x + m.width and m.y <= y < m.y + m.height), None)


def _found_again(identity: str) -> Monitor:
    """Returns the monitor of that identity, or the primary one. Raises Unavailable where there is none."""
    return next((m for m in monitors() if m.identity == identity), None) or find_monitor(None)


def _opening(monitor: Monitor, before: WindowPlace | None, usual: Size, size: Size | None) -> tuple[int, int, int, int]:
    """Returns where a window opens on ``monitor``: left, top, width and height.

    For the other arguments see `Window`.
    """
    if before is None or before.monitor != monitor.identity:
        return _inside(monitor, size or usual)
    asked = before._replace(width=size.width, height=size.height) if size else before
    _, x, y, width, height = asked.inside(monitor.width, monitor.height)
    return monitor.x + x, monitor.y + y, width, height


def _inside(monitor: Monitor, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Returns left, top, width and height of a new window of ``size`` on ``monitor``."""
    return monitor.x + _MARGIN, monitor.y + _MARGIN, *size


def _start() -> None:
    glfw.ERROR_REPORTING = "ignore"  # this module raises the errors itself
    context.keep_compiled()
    if not glfw.init():
        raise Unavailable("no screen that a window could be opened on; use --headless")


def _create(title: str, size: tuple[int, int]) -> Any:
    hints = (
        (glfw.CONTEXT_VERSION_MAJOR, 3),
        (glfw.CONTEXT_VERSION_MINOR, 3),
        (glfw.OPENGL_PROFILE, glfw.OPENGL_CORE_PROFILE),
        (glfw.OPENGL_FORWARD_COMPAT, True),
        (glfw.VISIBLE, False),
        (glfw.AUTO_ICONIFY, False),  # full screen on one monitor while the performer works on another
    )
    for hint, value in hints:
        glfw.window_hint(hint, value)
    handle = glfw.create_window(*size, title, None, None)
    if not handle:
        raise Unavailable(f"no window with OpenGL 3.3 could be opened{_reason()}; use --headless")
    return handle


def _reason() -> str:
    """Returns glfw's last error as the end of a sentence, or an empty text."""
    code, told = glfw.get_error()
    return f": {_text(told)}" if code and told else ""


def _text(name: bytes | str) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def _proc_address(name: str) -> int | None:
    address = glfw.get_proc_address(name)
    return ctypes.cast(address, ctypes.c_void_p).value if address else None
