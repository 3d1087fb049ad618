"""Windows has several sound systems in one, and PortAudio lists every device once for each of them.

They are called host APIs. MME comes first, cuts names at 31 letters and takes a tenth of a second; WASAPI is what is
wanted. All here works on what PortAudio tells, so that it can be tried on any system.
"""

from collections.abc import Mapping, Sequence
from typing import Any

WASAPI = "Windows WASAPI"
"""It opens a device at the device's own rate, unless it is asked to convert."""

_BEST_FIRST = (WASAPI, "ASIO", "Windows DirectSound", "MME", "Windows WDM-KS")
_MME_LETTERS = 31

Device = Mapping[str, Any]
Api = Mapping[str, Any]
"""As `sounddevice.query_devices` and `sounddevice.query_hostapis` give them."""


def inputs_once(devices: Sequence[Device], apis: Sequence[Api]) -> list[int]:
    """The numbers of the inputs among ``devices``, each once: by the best host API that has it, those of WASAPI first.

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
    """The number of the system's usual input, by the best host API that has one; -1 where there is none."""
    usual = [int(api["default_input_device"]) for api in sorted(apis, key=_rank)]
    return next((number for number in usual if number >= 0), -1)


def _beginning(device: Device) -> str:
    return str(device["name"])[:_MME_LETTERS].rstrip().casefold()


def _rank(api: Api) -> int:
    return _BEST_FIRST.index(api["name"]) if api["name"] in _BEST_FIRST else len(_BEST_FIRST)
