"""Lists what is plugged into this machine, by names that stay the same across restarts, what decodes films, and the
kinds of source."""

from collections.abc import Callable, Iterator

from vj.base.errors import NotInstalled, VjError
from vj.base.packages import install_command


def listing() -> Iterator[tuple[str, list[str]]]:
    """Yields a heading and its lines for cameras, monitors, sound inputs, MIDI inputs and decoders of films, then for
    the kinds of source. If nothing of a kind is found, its only line is "none", with the reason if listing failed. Each
    kind is looked for when its turn comes."""
    kinds = (
        ("Cameras", cameras),
        ("Monitors", _monitors),
        ("Sound inputs", sound),
        ("MIDI", midi),
        ("Films", films),
        ("Sources", _sources),
    )
    for heading, lines in kinds:
        yield heading, _said(lines)


def cameras() -> list[str]:
    """Returns a line for each camera that is plugged in: ``camera:NAME``, as ``--source`` takes it, and OpenCV's index
    in brackets. An empty list if there is none."""
    from vj.source.camera import cameras as plugged

    return [f"camera:{camera.short}  (index {camera.index})" for camera in plugged()]


def sound() -> list[str]:
    """Returns the names of the sound inputs; an empty list if there is none. Raises Unavailable where the library or
    the system's sound is missing."""
    from vj.control.audio.devices import devices

    return devices()


def midi() -> list[str]:
    """Returns the names of the MIDI inputs; an empty list if there is none. Raises Unavailable where a library or the
    system's MIDI is missing."""
    from vj.control.midi.ports import ports

    return ports()


def films() -> list[str]:
    """Returns lines that say which decoder films get: hardware's for which films, if any opens, else the processor's;
    and why other hardware doesn't open. Each device is opened for that. Raises NotInstalled without PyAV."""
    try:
        from vj.source.hardware_decoder import LEAST, decodable, devices, trouble

        troubles = {name: trouble(name) for name in devices()}
    except ImportError as error:
        raise NotInstalled(f"films need PyAV ({error}); fix: {install_command('av')}") from error
    opened = [name for name, why in troubles.items() if not why]
    lacking = "; ".join(f"{name}: {why}" for name, why in troubles.items() if why) or "FFmpeg was built for none"
    if not opened:
        return [f"decoded by the processor (no hardware decoder opens: {lacking})"]
    lines = [f"{name} decodes {', '.join(decodable(name))} of {LEAST} or more" for name in opened]
    rest = "decoded by the processor: all other films, and those that the hardware refuses"
    return [*lines, rest, *(f"{name} is not used: {why}" for name, why in troubles.items() if why)]


def _said(lines: Callable[[], list[str]]) -> list[str]:
    """Returns the lines, or one line that says why there are none."""
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
