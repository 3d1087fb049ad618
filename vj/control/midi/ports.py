"""What MIDI comes through: which inputs there are, and the little that the rest needs of whatever opens them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from vj.base.errors import Unavailable
from vj.control.midi import library


class Event(NamedTuple):
    """Raw bytes that came from ``port`` at the time ``at`` (monotonic seconds)."""

    port: str
    at: float
    data: bytes


class Ports(Protocol):
    """Ports go by name. The real ones live in a process of their own; `vj.control.midi.fake` has some for tests."""

    def receive(self, timeout: float) -> Sequence[Event]:
        """Some of what has come, in its order; waits at most ``timeout`` seconds for something. Of a flood, the rest
        waits elsewhere.
        """
        ...

    def send(self, port: str, data: bytes) -> None:
        """To the output of the same name as the input; to one that isn't there, nothing happens."""
        ...

    def names(self) -> Mapping[str, int]:
        """The inputs that are open, and for each a number that changes when it was opened anew."""
        ...

    def close(self) -> None: ...


def ports() -> list[str]:
    """The names of the MIDI inputs. Raises Unavailable where a library is missing, or the system has no sequencer."""
    rtmidi, mido = library.rtmidi(), library.mido()
    try:
        return list(dict.fromkeys(mido.get_input_names()))
    except (rtmidi.RtMidiError, OSError, SystemError) as reason:  # what it raises changed with its versions
        raise Unavailable(f"no MIDI: {reason} (on Linux it takes the kernel module snd-seq)") from reason
