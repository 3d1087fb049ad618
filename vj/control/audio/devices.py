"""Audio, so far only which inputs there are."""

from vj.errors import Unavailable


def devices() -> list[str]:
    """The names of the audio inputs. Raises Unavailable where PortAudio is missing or finds no sound system."""
    try:
        import sounddevice
    except (ImportError, OSError) as reason:  # OSError: the package is there, the system's library is not
        raise Unavailable(f"no audio: {reason}; on Linux: apt install libportaudio2") from reason
    try:
        found = sounddevice.query_devices()
    except sounddevice.PortAudioError as reason:
        raise Unavailable(f"no audio: {reason}") from reason
    return [str(device["name"]) for device in found if device["max_input_channels"] > 0]
