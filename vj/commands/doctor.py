"""Finds out what this machine has, what is missing, and the exact command that fixes it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from vj.base import paths
from vj.base.errors import VjError
from vj.base.packages import install_command
from vj.base.process_priority import realtime
from vj.commands import devices
from vj.model.runtime import cards, libraries, number_format, processor


@dataclass(frozen=True)
class Finding:
    """One thing that was examined: what it is, whether it is all right, what was found, and the command or the advice
    that fixes it (empty if there is none). If one that is ``needed`` isn't all right, no show can play."""

    subject: str
    ok: bool
    detail: str
    fix: str = ""
    needed: bool = False


def examine() -> Iterator[Finding]:
    """Yields a finding for each thing that a show uses, each examined when its turn comes: Python, OpenGL, packages,
    the processor, the libraries that run models, the graphics card, the cache, weights, system packages, priority,
    screen, camera, sound, MIDI and the decoders of films. Nothing is installed or downloaded; trouble is in the
    findings, and isn't raised."""
    yield _python()
    yield _graphics()
    yield from _packages()
    yield _processor()
    yield from _runtimes()
    yield _card()
    yield _cache()
    yield from _models()
    yield from _system_libraries()
    if sys.platform == "linux":
        yield _priority()
    yield _screen()
    yield _from("camera", devices.cameras, "plug one in; until then the bundled clip plays")
    yield _from("sound input", devices.sound, "")
    yield _from("MIDI", devices.midi, "")
    yield _from("films", devices.films, install_command("av"))


def system_packages(purpose: str) -> list[str]:
    """Returns the names of the Debian packages for ``purpose`` (``show``, ``test`` or ``hardware``; none for other
    texts), in the order of the list that the Makefile reads too; those of one purpose don't include another's. Whether
    they are installed isn't looked at."""
    lines = files("vj").joinpath("commands", "debian.txt").read_text(encoding="utf-8").splitlines()
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
        fix = packages if sys.platform == "linux" else "install the newest driver of the graphics card"
        return Finding("OpenGL", False, str(error), fix, needed=True)
    renderer = str(ctx.info["GL_RENDERER"])
    slow = ": the CPU draws and computes, so keep --size modest" if context.is_software(ctx) else ""
    ctx.release()
    return Finding("OpenGL", True, renderer + slow, needed=True)


def _processor() -> Finding:
    """Reports the number formats that the processor computes in, which decide how fast models are."""
    integers = number_format.integer_format()
    said = {"int8": "8-bit integers", "int8-reduced": "8-bit integers with kernels of 7 bits", None: "floats only"}
    bf16 = ", bfloat16" if processor.has_bf16() else ""
    return Finding("processor", True, f"{processor.name()}, {processor.threads()} threads: {said[integers]}{bf16}")


def _runtimes() -> Iterator[Finding]:
    """Reports the libraries that run models. Any one of them is enough; without one, no show with a model can play."""
    reasons = {name: libraries.why_not(name) for name in ("openvino", "onnxruntime", "torch")}
    needed = all(reasons.values())
    for name, reason in reasons.items():
        if name == "openvino" and reason and not libraries.has_wheels_of_openvino():
            yield Finding(name, False, "there are no wheels for this system; models run in ONNX Runtime or torch")
            continue
        yield Finding(name, not reason, reason or libraries.version(name), install_command(name), needed)


def _card() -> Finding:
    """Reports the graphics card that models can run on."""
    if trouble := cards.trouble():
        return Finding("graphics card", False, trouble, cards.remedy())
    found = [" ".join(filter(None, (card.name, card.driver))) for card in cards.cards()]
    built = cards.described(libraries.torch_build())
    return Finding("graphics card", bool(found), f"{', '.join(found) or 'none that torch can use'} ({built})")


def _packages() -> Iterator[Finding]:
    for name in ("av", "opencv-python-headless", "moderngl", "glfw"):
        try:
            yield Finding(name, True, version(name), needed=True)
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", install_command(name), needed=True)


def _cache() -> Finding:
    trouble = paths.cache_trouble()
    return Finding("cache", not trouble, trouble or str(paths.cache()), "set XDG_CACHE_HOME to a folder of yours")


def _models() -> Iterator[Finding]:
    from vj.model.files import weights

    for asset in weights.ASSETS.values():
        detail = str(asset.path) if asset.present else "not fetched yet"
        yield Finding(f"weights {asset.name}", asset.present, detail, "vj models fetch MODEL, or vj run")


def _system_libraries() -> Iterator[Finding]:
    """Reports system packages that are missing, where dpkg knows."""
    if not shutil.which("dpkg-query"):
        return
    for purpose in ("show", "test"):
        missing = [name for name in system_packages(purpose) if not os.path.exists(f"/var/lib/dpkg/info/{name}.list")]
        missing = [name for name in missing if not os.path.exists(f"/var/lib/dpkg/info/{name}:{_architecture()}.list")]
        fix = f"apt install --no-install-recommends {' '.join(missing)}"
        yield Finding(f"system packages ({purpose})", not missing, ", ".join(missing) or "all here", fix)


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _screen() -> Finding:
    try:
        from vj.sink.window import monitors

        found = monitors()
    except VjError as error:
        return Finding("screen", False, str(error), "vj run --headless --record show.mp4")
    return Finding("screen", bool(found), ", ".join(monitor.identity for monitor in found) or "no monitor")


def _from(subject: str, listed: Callable[[], list[str]], fix: str) -> Finding:
    try:
        names = listed()
    except VjError as error:
        return Finding(subject, False, str(error), fix)
    return Finding(subject, bool(names), ", ".join(names) or "none", fix)


def _priority() -> Finding:
    with realtime() as allowed:
        pass
    how = "put '@video - rtprio 5' and '@video - nice -10' into /etc/security/limits.d/vj.conf and join group video"
    detail = "the loop has real-time priority" if allowed else "the loop has no real-time priority"
    return Finding("priority", allowed, detail, how)
