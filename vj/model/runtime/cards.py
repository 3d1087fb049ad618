"""Finds the graphics cards that torch can compute on, without importing torch, and why torch can't use one.

Importing torch takes seconds, and a torch that was built without a card's driver can never use it. Which card is here
is read from the driver's own library; what torch was built for, from the text of its version file.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from vj.model.runtime.libraries import TorchBuild, torch_build

_CUDA_LIBRARIES: Final = ("libcuda.so.1", "nvcuda.dll")
_NVML_LIBRARIES: Final = ("libnvidia-ml.so.1", "nvml.dll")
_LEVEL_ZERO_LIBRARIES: Final = ("libze_loader.so.1", "ze_loader.dll")
_AMD_DRIVER: Final = Path("/dev/kfd")
_HIP_LIBRARIES: Final = ("amdhip64_7.dll", "amdhip64_6.dll", "amdhip64.dll")
_ON_CARDS: Final = ("cuda", "tensorrt", "migraphx")
"""Parts of the names of backends that run on cards with memory of their own."""
_NAME_LENGTH: Final = 256


class Card(NamedTuple):
    """A kind of graphics card that torch can compute on."""

    device: str
    """Torch's word: "cuda" (NVIDIA, and AMD by ROCm), "xpu" (Intel) or "mps" (Apple)."""
    name: str
    """The card's name, for NVIDIA; for others a general one, such as ``Intel graphics``."""
    driver: str
    """The version of NVIDIA's driver, empty if it can't be found; for others the system's release."""


def cards() -> list[Card]:
    """Returns the cards that the installed torch was built for and whose driver is here: at most one of each kind.

    NVIDIA's or AMD's come first, then Intel's, then Apple's (which every Apple processor counts as having). Empty if
    torch isn't installed. Torch isn't imported, so a card may still turn out not to work.
    """
    build = torch_build()
    if build is None:
        return []
    found: list[Card] = []
    if build.cuda and (nvidia := nvidia_card()):
        found.append(nvidia)
    elif build.hip and _has_amd_driver():
        found.append(Card("cuda", "AMD graphics card (ROCm)", platform.release()))  # torch calls it cuda too
    if build.xpu and _has_level_zero():
        found.append(Card("xpu", "Intel graphics", platform.release()))
    if sys.platform == "darwin" and platform.machine() == "arm64":
        found.append(Card("mps", "Apple graphics", platform.release()))
    return found


def own_card() -> Card | None:
    """Returns the card with memory of its own among `cards` (NVIDIA's or AMD's), on which models are then run; None if
    there is none."""
    return next((card for card in cards() if card.device == "cuda"), None)


def computes(runtime: str) -> bool:
    """Returns whether models are run on a graphics card with memory of its own: if there is an `own_card`, and
    ``runtime``, "auto" or the name of the backend that is forced, doesn't keep them from it."""
    return (runtime == "auto" or any(word in runtime for word in _ON_CARDS)) and own_card() is not None


def trouble() -> str:
    """Returns one line if an NVIDIA card and its driver are here, but the installed torch was built without CUDA.

    Otherwise it is an empty text, also where torch isn't installed. Cards of other makers are not looked at.
    """
    build = torch_build()
    if build is None or build.cuda:
        return ""
    nvidia = nvidia_card()
    return f"{nvidia.name} is here, but torch {build.version} was built without CUDA" if nvidia else ""


def remedy() -> str:
    """Returns a shell command, which isn't run here: it reinstalls torch in this environment, for the driver it
    finds."""
    return f'uv pip install --python "{sys.executable}" --reinstall-package torch --torch-backend=auto torch'


@cache
def nvidia_card() -> Card | None:
    """Returns the first NVIDIA card that the driver offers to this process; None if there is no card or no driver.

    The driver is asked once in a process, and started in it. Whether torch can use the card isn't looked at.
    """
    driver = _library(_CUDA_LIBRARIES)
    count = ctypes.c_int()
    try:
        if driver is None or driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or count.value < 1:
            return None
        name = ctypes.create_string_buffer(_NAME_LENGTH)
        driver.cuDeviceGetName(name, _NAME_LENGTH, 0)
    except AttributeError:  # a library of that name without the functions
        return None
    return Card("cuda", name.value.decode(errors="replace") or "NVIDIA card", _nvidia_driver())


def _nvidia_driver() -> str:
    """Returns the driver's version, such as ``580.95.05``; empty if it can't be found."""
    management = _library(_NVML_LIBRARIES)
    if management is None:
        return ""
    said = ctypes.create_string_buffer(_NAME_LENGTH)
    with contextlib.suppress(AttributeError):
        if management.nvmlInit_v2() == 0:
            management.nvmlSystemGetDriverVersion(said, _NAME_LENGTH)
            management.nvmlShutdown()
    return said.value.decode(errors="replace")


def _has_amd_driver() -> bool:
    return _AMD_DRIVER.exists() or _library(_HIP_LIBRARIES) is not None


def _has_level_zero() -> bool:
    return _library(_LEVEL_ZERO_LIBRARIES) is not None


def _library(names: tuple[str, ...]) -> ctypes.CDLL | None:
    """Returns the first of these system libraries that can be loaded; None if none can."""
    for name in names:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None


def described(build: TorchBuild | None) -> str:
    """Returns what a torch can use, as text: ``torch 2.13.0 for CUDA 13.0``, or ``... for the processor``.

    ``build`` is from `torch_build`; for None the text is ``torch is not installed``. Which cards are here plays no
    part.
    """
    if build is None:
        return "torch is not installed"
    kinds = (("CUDA", build.cuda), ("ROCm", build.hip), ("XPU", build.xpu))
    built = [f"{kind} {number}" for kind, number in kinds if number]
    return f"torch {build.version} for {' and '.join(built) or 'the processor'}"
