"""How memory's growth is told from its ups and downs, and asking a driver that isn't there."""

import ctypes

import pytest

from vj.bench import video_memory
from vj.bench.video_memory import growth

MIB = 1 << 20


@pytest.mark.parametrize(
    ("readings", "found"),
    [
        ([], 0.0),
        ([5 * MIB], 0.0),
        ([100 * MIB, 300 * MIB, 200 * MIB, 300 * MIB], 0.0),
        ([100 * MIB, 200 * MIB, 300 * MIB, 400 * MIB], 200.0),
        ([400 * MIB, 200 * MIB, 100 * MIB, 300 * MIB], -100.0),
    ],
)
def test_growth_is_between_the_halves(readings: list[int], found: float) -> None:
    assert growth(readings) == found


class Nvml:
    """NVIDIA's library, with two cards of which the first doesn't answer."""

    def nvmlInit_v2(self) -> int:
        return 0

    def nvmlDeviceGetCount_v2(self, count: ctypes.Array[ctypes.c_uint]) -> int:
        count._obj.value = 2  # type: ignore[attr-defined]
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, place: int, handle: ctypes.Array[ctypes.c_void_p]) -> int:
        handle._obj.value = place + 1  # type: ignore[attr-defined]
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: ctypes.c_void_p, memory: ctypes.Array[ctypes.c_ulonglong]) -> int:
        memory._obj.used = 7 * MIB  # type: ignore[attr-defined]
        return 999 if handle.value == 1 else 0


def test_what_the_driver_says_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Nvml())
    read = video_memory.used_memory()
    assert read
    assert read() == 7 * MIB


@pytest.mark.parametrize("error", [OSError("no library"), AttributeError("no function")])
def test_without_the_driver_nothing_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def load(name: str) -> object:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert video_memory.used_memory() is None
