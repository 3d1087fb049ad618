"""How much of the graphics cards' memory is in use, as NVIDIA's driver says, without starting anything on the card."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Final

_LIBRARIES: Final = ("libnvidia-ml.so.1", "nvml.dll")


class _Memory(ctypes.Structure):
    """NVML's ``nvmlMemory_t``, in bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def used_memory() -> Callable[[], int] | None:
    """Returns a function that returns the bytes in use on all NVIDIA cards together, by every process; None where the
    driver doesn't say."""
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            if library.nvmlInit_v2():
                return None
            return _reading(library)
        except (OSError, AttributeError):  # no such library, or one without these functions
            continue
    return None


def _reading(library: ctypes.CDLL) -> Callable[[], int] | None:
    count = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return None
    handles = []
    for place in range(count.value):
        handle = ctypes.c_void_p()
        if not library.nvmlDeviceGetHandleByIndex_v2(place, ctypes.byref(handle)):
            handles.append(handle)

    def read() -> int:
        total, memory = 0, _Memory()
        for handle in handles:
            if not library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)):
                total += int(memory.used)
        return total

    return read if handles and read() else None


def growth(readings: Sequence[int]) -> float:
    """Returns by how many MiB the greatest of the second half of ``readings`` (bytes) exceeds the greatest of the first
    half; negative if it is less, 0 for fewer than two readings."""
    half = len(readings) // 2
    return (max(readings[half:]) - max(readings[:half])) / (1 << 20) if half else 0.0
