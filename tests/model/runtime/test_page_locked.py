"""Pictures in shared memory are page-locked once, whoever asks, and for as long as anybody needs them."""

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.model.runtime import page_locked
from vj.model.runtime.page_locked import PageLocked


class Driver:
    """Stands for CUDA's: it refuses memory that is locked already, as the real one does."""

    def __init__(self) -> None:
        self.locked: dict[int, int] = {}
        self.refuses = False
        self.error = 0

    def cudaHostRegister(self, address: int, size: int, flags: int) -> int:
        if self.refuses or address in self.locked:
            self.error = 712
            return 712
        self.locked[address] = size
        return 0

    def cudaHostUnregister(self, address: int) -> int:
        del self.locked[address]
        return 0


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    driver = Driver()
    monkeypatch.setattr(page_locked, "_driver", lambda: driver)
    monkeypatch.setattr(page_locked, "_take_error_back", lambda: setattr(driver, "error", 0))
    yield driver
    gc.collect()


def test_a_card_reads_and_writes_shared_memory_itself(driver: Driver) -> None:
    exchange, locked = LatestFrame.create(64, 48, 1), PageLocked()
    picture = exchange.writer().begin(48, 64)
    tensor = locked.tensor(picture)
    assert tensor is not None
    tensor[:] = 7
    assert (picture == 7).all()
    assert locked.tensor(picture) is tensor, "nothing is made for each picture"
    assert list(driver.locked.values()) == [exchange.memory.size], "all of it, at once"


def test_several_networks_lock_it_once_and_the_last_one_frees_it(driver: Driver) -> None:
    memory = SharedMemory(1000)
    picture = np.frombuffer(memory.buffer, np.uint8, 300).reshape(10, 10, 3)
    one, other = PageLocked(), PageLocked()
    assert one.tensor(picture) is not None
    assert other.tensor(picture) is not None
    one.release()
    assert driver.locked
    del other
    gc.collect()
    assert not driver.locked


def test_other_memory_and_a_driver_that_refuses_take_a_copy(driver: Driver) -> None:
    locked = PageLocked()
    assert locked.tensor(np.zeros((4, 4, 3), np.uint8)) is None
    driver.refuses = True
    memory = SharedMemory(1000)
    picture = np.frombuffer(memory.buffer, np.uint8, 300).reshape(10, 10, 3)
    assert locked.tensor(picture) is None
    assert driver.error == 0, "torch would raise it at whatever is done next"
    driver.refuses = False
    assert locked.tensor(picture) is None, "it isn't tried for every picture"
