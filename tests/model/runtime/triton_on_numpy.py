"""As much of Triton as our kernels need, on NumPy, where Triton isn't installed: each program runs after the other.

It computes what the kernels' text says. Whether a card's compiler takes that text is for Triton itself to say.
"""

import operator
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch


class Block:
    """Numbers of a program, or one number."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def to(self, kind: Any) -> "Block":
        return Block(self.array.astype(kind))

    def __getitem__(self, place: Any) -> "Block":
        return Block(self.array[place])

    def __index__(self) -> int:
        return int(self.array)

    def __neg__(self) -> "Block":
        return Block(-self.array)


def _two_sided(name: str) -> None:
    operation = getattr(operator, name)
    setattr(Block, f"__{name}__", lambda one, other: Block(operation(one.array, _bare(other))))
    setattr(Block, f"__r{name}__", lambda one, other: Block(operation(_bare(other), one.array)))


def _one_sided(name: str) -> None:
    operation = getattr(operator, name)
    setattr(Block, f"__{name.rstrip('_')}__", lambda one, other: Block(operation(one.array, _bare(other))))


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod"):
    _two_sided(_name)
for _name in ("lt", "gt", "ne", "and_"):
    _one_sided(_name)


def _bare(value: Any) -> Any:
    return value.array if isinstance(value, Block) else value


class Pointer:
    """Places in a tensor's memory."""

    def __init__(self, memory: np.ndarray, places: Any = 0) -> None:
        self.memory, self.places = memory, np.asarray(places)

    def __add__(self, offset: Any) -> "Pointer":
        return Pointer(self.memory, self.places + _bare(offset))


def load(pointer: Pointer, mask: Block | None = None, other: float = 0.0) -> Block:
    there = np.broadcast_to(True if mask is None else mask.array, pointer.places.shape)
    assert (pointer.places[there] >= 0).all()
    assert (pointer.places[there] < pointer.memory.size).all(), "beyond the tensor"
    return Block(np.where(there, pointer.memory[np.where(there, pointer.places, 0)], other))


def store(pointer: Pointer, value: Block, mask: Block | None = None) -> None:
    places, there = np.broadcast_arrays(pointer.places, True if mask is None else mask.array)
    pointer.memory[places[there]] = np.broadcast_to(value.array, places.shape)[there].astype(pointer.memory.dtype)


class Kernel:
    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            given = [Pointer(_memory(each)) if isinstance(each, torch.Tensor) else each for each in arguments]
            for program in np.ndindex(*grid):
                _program[:] = program
                self.function(*given)

        return run


_program: list[int] = []


def _memory(tensor: torch.Tensor) -> np.ndarray:
    return tensor.as_strided((tensor.numel(),), (1,)).numpy()


def _each(function: Callable[..., Any]) -> Callable[..., Block]:
    return lambda *arguments: Block(function(*map(_bare, arguments)))


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Yields the modules to import in Triton's place, by name."""
    language = SimpleNamespace(
        constexpr=object,
        float32=np.float32,
        int64=np.int64,
        program_id=lambda axis: Block(np.int32(_program[axis])),
        arange=lambda first, end: Block(np.arange(first, end, dtype=np.int32)),
        zeros=lambda shape, kind: Block(np.zeros(shape, kind)),
        zeros_like=_each(np.zeros_like),
        sum=_each(lambda array, axis: array.sum(axis, dtype=np.float32)),
        **{name: _each(getattr(np, name)) for name in ("abs", "sqrt", "maximum", "where")},
        load=load,
        store=store,
    )
    whole = ModuleType("triton")
    whole.jit = Kernel  # type: ignore[attr-defined]
    whole.cdiv = lambda whole, part: -(-whole // part)  # type: ignore[attr-defined]
    whole.next_power_of_2 = lambda number: 1 << (number - 1).bit_length()  # type: ignore[attr-defined]
    part = ModuleType("triton.language")
    vars(part).update(vars(language))
    whole.language = part  # type: ignore[attr-defined]
    yield from (("triton", whole), ("triton.language", part))
