"""Page-locks the memory that pictures are exchanged in, so that a graphics card copies from and to it by itself."""

from __future__ import annotations

import contextlib
import mmap
import threading
import warnings
import weakref
from typing import Any, Final
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor

_MOST: Final = 64
"""The most arrays that are remembered; those of a source's and an engine's pictures are fewer than twenty."""
_Address = tuple[int, tuple[int, ...], str]


class PageLocked:
    """Gives tensors that share the memory of NumPy arrays in page-locked shared memory.

    A card copies from page-locked memory at its full speed, and without the processor; from any other memory, its
    driver copies twice. Shared memory (`vj.base.shared_memory`) is page-locked as a whole, when an array in it is seen
    for the first time; it stays mapped and locked until all instances that have seen it are released or gone.
    """

    def __init__(self) -> None:
        self._tensors: dict[_Address, Tensor] = {}
        self._mappings: dict[int, LockedMapping] = {}

    def tensor(self, array: np.ndarray[Any, Any]) -> Tensor | None:
        """Returns a tensor of the same memory, shape and kind as ``array``, the same one each time; None if the memory
        isn't shared memory or can't be page-locked, so that a copy in between is needed.

        Writing to the tensor writes to the array, even to one that is marked as not writable.
        """
        key = (array.ctypes.data, array.shape, array.dtype.str)
        found = self._tensors.get(key)
        if found is None and self._is_locked(array):
            if len(self._tensors) >= _MOST:
                self._tensors.clear()
            found = self._tensors[key] = _view(array)
        return found

    def release(self) -> None:
        """Forgets all arrays, and the mappings that they lie in. Copies to and from them must have ended."""
        self._tensors.clear()
        self._mappings.clear()

    def _is_locked(self, array: np.ndarray[Any, Any]) -> bool:
        """Returns whether the array's memory is page-locked, after trying it once for each mapping."""
        mapping = mapping_of(array)
        if mapping is None:
            return False
        whole = np.frombuffer(mapping, np.uint8)
        address = whole.ctypes.data
        if address not in self._mappings:
            self._mappings[address] = _locked(address, whole)
        return self._mappings[address].locked


class LockedMapping:
    """Mapped memory that is page-locked, if CUDA's driver agrees (``locked``), for as long as this object lives."""

    def __init__(self, address: int, whole: np.ndarray[Any, Any]) -> None:
        """``whole`` is a view of all bytes of the mapping, which begins at ``address``; it keeps it mapped."""
        self.whole = whole
        self.locked = lock(address, whole.size)
        if self.locked:
            weakref.finalize(self, _unlocked, address).atexit = False  # the driver may be gone by then


_known: WeakValueDictionary[int, LockedMapping] = WeakValueDictionary()
"""By address, the mappings of this process: memory can be locked only once, and several networks use the same."""
_finding = threading.RLock()
"""Held while memory is locked or unlocked. It may be taken twice by one thread, which unlocks whenever it frees."""


def _unlocked(address: int) -> None:
    with _finding:
        unlock(address)


def _locked(address: int, whole: np.ndarray[Any, Any]) -> LockedMapping:
    with _finding:
        found = _known.get(address)
        if found is None:
            found = _known[address] = LockedMapping(address, whole)
        return found


def mapping_of(array: np.ndarray[Any, Any]) -> mmap.mmap | None:
    """Returns the mapped memory that ``array`` is a view of; None if its memory is of any other kind."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    return base if isinstance(base, mmap.mmap) else None


def lock(address: int, size: int) -> bool:
    """Has CUDA's driver lock ``size`` bytes of memory from ``address`` on. Returns whether it did.

    It may refuse: a system can limit how much is locked.
    """
    if int(_driver().cudaHostRegister(address, size, 0)) == 0:
        return True
    _take_error_back()
    return False


def unlock(address: int) -> None:
    """Undoes `lock` for the memory at ``address``. Errors are ignored: the process goes on with what it has."""
    _driver().cudaHostUnregister(address)


def _take_error_back() -> None:
    """Has torch see CUDA's last error now: otherwise it would take it for one of whatever is done next."""
    with contextlib.suppress(RuntimeError):
        torch.empty(1, device="cuda").fill_(0)


def _driver() -> Any:
    return torch.cuda.cudart()  # type: ignore[no-untyped-call]


def _view(array: np.ndarray[Any, Any]) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a source's picture isn't writable; it is only read
        return torch.from_numpy(array)
