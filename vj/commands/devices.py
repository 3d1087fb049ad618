"""What is plugged into this machine, by names that stay the same across restarts, and what a source can be."""

from collections.abc import Callable, Iterator

from vj.base.errors import VjError


def listing() -> Iterator[tuple[str, list[str]]]:
    """Heading and lines for each kind of device, and what a source can be; what can't be listed says why."""
    kinds = (
        ("Cameras", cameras),
        ("Monitors", _monitors),
        ("Sound inputs", sound),
        ("MIDI", midi),
        ("Sources", _sources),
    )
    for heading, lines in kinds:
        yield heading, _said(lines)


def cameras() -> list[str]:
    """As ``--source`` takes them, and by number."""
    from vj.source.camera import cameras as plugged

    return [f"camera:{camera.short}  (index {camera.index})" for camera in plugged()]


def sound() -> list[str]:
    """The sound inputs."""
    from vj.control.audio.devices import devices

    return devices()


def midi() -> list[str]:
    """The MIDI inputs."""
    from vj.control.midi.ports import ports

    return ports()


def _said(lines: Callable[[], list[str]]) -> list[str]:
    try:
        return lines() or ["none"]
    except VjError as error:
        return [f"none: {error}"]


def _monitors() -> list[str]:
    from vj.sink.window import monitors

    return [f"{m.identity}  {m.width}x{m.height} at {m.x},{m.y}, {m.refresh} Hz" for m in monitors()]


def _sources() -> list[str]:
    from vj.source import SOURCES

    width = max(map(len, SOURCES))
    return [f"{name:{width}}  {source.help}" for name, source in SOURCES.items()]
