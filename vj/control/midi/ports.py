"""MIDI, so far only which inputs there are."""

from vj.errors import Unavailable


def ports() -> list[str]:
    """The names of the MIDI inputs. Raises Unavailable where the system has no sequencer."""
    try:
        import mido
        import rtmidi
    except ImportError as reason:
        raise Unavailable(f"no MIDI: {reason}; install mido and python-rtmidi") from reason
    try:
        return list(dict.fromkeys(mido.get_input_names()))
    except (rtmidi.RtMidiError, OSError, SystemError) as reason:  # what it raises changed with its versions
        raise Unavailable(f"no MIDI: {reason} (on Linux it takes the kernel module snd-seq)") from reason
