"""Decides which films hardware decodes (a decoder of the graphics card or the system), and opens them for it.

FFmpeg lists the types of device that it was built for, whether or not their driver is here; so each is opened once in a
process to find out. Even then it may refuse a film: `vj.source.film` goes on in software if it does.
"""

import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.source.container import open_film, reason

if TYPE_CHECKING:
    from av.codec.hwaccel import HWAccel
    from av.container import InputContainer
    from av.video.stream import VideoStream

CODECS: Final[Mapping[str, str]] = {"h264": "H.264", "hevc": "HEVC", "vp9": "VP9"}
"""FFmpeg's decoders that hardware may take the place of, and what their films are called. Those of older formats cost
little; AV1 is decoded by libdav1d, which uses no hardware."""
LEAST: Final = Size(1280, 720)
"""The size whose number of pixels a picture needs for hardware. A core decodes smaller ones in less than 4 ms; a device
is opened in some tenths of a second, takes some of the card's memory, and its pictures must be copied back."""
_BY_SYSTEM: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("cuda", "vaapi"),
    "win32": ("d3d11va", "cuda", "dxva2"),
    "darwin": ("videotoolbox",),
}
"""FFmpeg's types of device by `sys.platform`, in the order in which they are tried. Intel's QSV and AMD's AMF come with
decoders of their own, which PyAV doesn't choose; VAAPI and D3D11 reach the same hardware."""
_FORMATS: Final = frozenset({"yuv420p", "yuvj420p", "nv12", "yuv420p10le", "p010le"})
"""Pixel formats that every device's decoders know (4:2:0 with 8 or 10 bits), and that come back as NV12 or P010. None
has transparency."""
_LEAST_PYAV: Final = 18
"""PyAV's first major version in which pictures keep their colour range, matrix and curve on the way from a device."""


def device_for(stream: "VideoStream", without: Collection[str] = ()) -> str:
    """Returns the device (FFmpeg's name of its type, such as ``cuda``) that is to decode the film; an empty text if the
    processor is.

    ``stream`` is the film as it was opened in software. It is the first device of this system, none of ``without``,
    that opens and that FFmpeg can use for this codec. Pictures must have as many pixels as `LEAST` or more, 4:2:0
    chroma, 8 or 10 bits and no transparency.
    """
    codec = stream.codec_context
    is_large = codec.width * codec.height >= LEAST.width * LEAST.height
    is_known = codec.name in CODECS and codec.pix_fmt in _FORMATS and stream.metadata.get("alpha_mode") != "1"
    if not (is_large and is_known):
        return ""
    usable = (name for name in devices() if name not in without and name in _types(codec.codec))
    return next((name for name in usable if not trouble(name)), "")


def open_on(path: Path, device: str) -> tuple["InputContainer", "VideoStream"] | None:
    """Returns the film at ``path``, opened so that ``device`` decodes it, as `open_film` does; None if that fails. No
    error is raised. Whether the device accepts the film shows only when its first picture is decoded."""
    try:
        container, stream = open_film(path, _acceleration(device))
    except (BadInput, RuntimeError):  # RuntimeError: PyAV finds no stream that the device decodes
        return None
    if stream.codec_context.is_hwaccel:
        return container, stream
    container.close()
    return None


def devices() -> list[str]:
    """Returns the types of device that may decode films on this system and that FFmpeg was built for, in the order in
    which they are tried. Their drivers may be missing (see `trouble`)."""
    from av.codec.hwaccel import hwdevices_available

    built = hwdevices_available()
    return [name for name in _BY_SYSTEM.get(sys.platform, ()) if name in built]


@cache
def trouble(device: str) -> str:
    """Returns why ``device``, one of `devices`, can't decode here; an empty text if it can. It is opened for that, once
    in a process: its answer is remembered."""
    import av
    import av.error

    if int(av.__version__.partition(".")[0]) < _LEAST_PYAV:
        return f"PyAV {av.__version__} loses the colours of its pictures; {_LEAST_PYAV} keeps them"
    codec = next((codec for codec in _codecs().values() if device in _types(codec)), None)
    if codec is None:
        return f"FFmpeg has no decoder of {', '.join(CODECS.values())} for it"
    try:
        _acceleration(device).create(codec)
    except PermissionError:  # FFmpeg's "-1": the driver's library was not found
        return "its driver is missing"
    except (av.error.FFmpegError, RuntimeError, ValueError, OSError, MemoryError) as error:
        return f"it does not open: {reason(error)}"
    return ""


def decodable(device: str) -> list[str]:
    """Returns what the films are called that FFmpeg can decode on ``device``: a part of `CODECS`' values."""
    return [CODECS[name] for name, codec in _codecs().items() if device in _types(codec)]


def _acceleration(device: str) -> "HWAccel":
    """Returns PyAV's settings to decode on ``device``, for `av.open`. No device is opened yet."""
    from av.codec.hwaccel import HWAccel

    # without the fallback in FFmpeg, which would decode on without a word, and in a single thread
    return HWAccel(device, allow_software_fallback=False)


def _codecs() -> dict[str, Any]:
    """Returns the decoders of `CODECS` (av.Codec) that FFmpeg was built with, by their names."""
    from av.codec.codec import Codec, UnknownCodecError

    found: dict[str, Any] = {}
    for name in CODECS:
        try:
            found[name] = Codec(name, "r")
        except UnknownCodecError:
            continue
    return found


def _types(codec: Any) -> list[str]:
    """Returns the types of device that FFmpeg can use for ``codec`` (av.Codec)."""
    types = []
    for config in codec.hardware_configs:
        try:
            types.append(config.device_type.name)
        except ValueError:  # a type that is newer than this PyAV
            continue
    return types
