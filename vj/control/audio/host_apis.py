"""Chooses among the sound systems of Windows (host APIs), for each of which PortAudio lists every device once more.

MME comes first, but it cuts names at 31 letters and is a tenth of a second late; WASAPI is preferred. These functions
work on PortAudio's lists only, so that they can be tried on any system.
"""

from collections.abc import Mapping, Sequence
from typing import Any

WASAPI = "Windows WASAPI"
"""The preferred host API. It opens a device at the device's own rate, unless it is asked to convert."""

_BEST_FIRST = (WASAPI, "ASIO", "Windows DirectSound", "MME", "Windows WDM-KS")
_MME_LETTERS = 31

Device = Mapping[str, Any]
"""An entry of what ``sounddevice.query_devices`` returns."""
Api = Mapping[str, Any]
"""An entry of what ``sounddevice.query_hostapis`` returns."""


def inputs_once(devices: Sequence[Device], apis: Sequence[Api]) -> list[int]:
    """Returns the numbers of the inputs among ``devices``, that is their places in that list, each device once: by the
    best host API that has it, those of WASAPI first.

    Devices of two host APIs are the same when their names begin with the same 31 letters.
    """
    inputs = [number for number, device in enumerate(devices) if device["max_input_channels"] > 0]
    known: dict[str, int] = {}
    found: list[int] = []
    for number in sorted(inputs, key=lambda number: _rank(apis[devices[number]["hostapi"]])):
        api = devices[number]["hostapi"]
        if known.setdefault(_beginning(devices[number]), api) == api:
            found.append(number)
    return found


def usual_input(apis: Sequence[Api]) -> int:
    """Returns the number of the system's usual input, that is its place in PortAudio's list of devices, by the best of
    ``apis`` that has one, or -1 if there is none.
    """
    usual = [int(api["default_input_device"]) for api in sorted(apis, key=_rank)]
    return next((number for number in usual if number >= 0), -1)


def _beginning(device: Device) -> str:
    return str(device["name"])[:_MME_LETTERS].rstrip().casefold()


def _rank(api: Api) -> int:
    return _BEST_FIRST.index(api["name"]) if api["name"] in _BEST_FIRST else len(_BEST_FIRST)
