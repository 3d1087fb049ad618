"""MIDI ports: what the rest of MIDI needs of them, and the list of this machine's inputs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from vj.base.errors import Unavailable
from vj.control.midi import library


class Event(NamedTuple):
    """Raw bytes that came from the input with the name ``port`` at the time ``at`` (monotonic seconds)."""

    port: str
    at: float
    data: bytes


class Ports(Protocol):
    """What the rest of MIDI needs of open MIDI ports, which it knows by their names. These methods do nothing here.

    The real ones are `vj.control.midi.port_client.RemotePorts`; tests use `vj.control.midi.fake.FakePorts`.
    """

    def receive(self, timeout: float) -> Sequence[Event]:
        """Returns some of what has come, in its order; empty if nothing has. Waits at most ``timeout`` seconds for
        something. In a flood, call it again for the rest.
        """
        ...

    def send(self, port: str, data: bytes) -> None:
        """Send ``data`` to the output of the same name as the open input ``port``. If there is none,
        nothing happens.
        """
        ...

    def names(self) -> Mapping[str, int]:
        """Returns the names of the open inputs, each with a number that is another one each time the input
        is opened.
        """
        ...

    def close(self) -> None:
        """Release the ports."""


def ports() -> list[str]:
    """Returns the names of the MIDI inputs as the system lists them now, each once, with the numbers that it gives anew
    at each plugging. Raises Unavailable where a library is missing, or the system has no sequencer.
    """
    rtmidi, mido = library.rtmidi(), library.mido()
    try:
        return list(dict.fromkeys(mido.get_input_names()))
    except (rtmidi.RtMidiError, OSError, SystemError) as reason:  # the library's versions raise different ones
        raise Unavailable(f"no MIDI: {reason} (on Linux it takes the kernel module snd-seq)") from reason
