"""What is plugged into this machine, by names that stay the same across restarts."""

from collections.abc import Callable, Iterator

from vj.errors import VjError


def listing() -> Iterator[tuple[str, list[str]]]:
    """Heading and lines for each kind of device; what can't be listed says why."""
    for heading, lines in (("Cameras", _cameras), ("Monitors", _monitors), ("Sound inputs", _sound), ("MIDI", _midi)):
        yield heading, _said(lines)


def _said(lines: Callable[[], list[str]]) -> list[str]:
    try:
        return lines() or ["none"]
    except VjError as error:
        return [f"none: {error}"]


def _cameras() -> list[str]:
    from vj.source.camera import cameras

    return [f"camera:{camera.identity}  (index {camera.index})" for camera in cameras()]


def _monitors() -> list[str]:
    from vj.sink.window import monitors

    return [f"{m.identity}  {m.width}x{m.height} at {m.x},{m.y}, {m.refresh} Hz" for m in monitors()]


def _sound() -> list[str]:
    from vj.control.audio import devices

    return devices()


def _midi() -> list[str]:
    from vj.control.midi import ports

    return ports()
