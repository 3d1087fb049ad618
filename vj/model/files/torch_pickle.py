"""Lists the tensors in a pickle of torch by reading its opcodes; nothing is imported, called or built."""

from __future__ import annotations

import mmap
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Final, cast

_ITEM_SIZES: Final = {
    "torch.DoubleStorage": 8, "torch.FloatStorage": 4, "torch.HalfStorage": 2, "torch.BFloat16Storage": 2,
    "torch.LongStorage": 8, "torch.IntStorage": 4, "torch.ShortStorage": 2, "torch.CharStorage": 1,
    "torch.ByteStorage": 1, "torch.BoolStorage": 1,
}  # fmt: skip
"""Bytes of an element, for each storage class that may occur."""
_PROTOCOL: Final = 2
"""The pickle protocol that torch saves with, and the only one that it loads safely."""
_REBUILD: Final = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_PARAMETER: Final = "torch._utils._rebuild_parameter"
_FRIENDS: Final = {
    *_ITEM_SIZES, *_REBUILD, _PARAMETER, "collections.OrderedDict", "torch.Size",
    "collections.Counter", "torch.device", "torch.float32", "torch.float16", "torch.bfloat16",
}  # fmt: skip
"""All names that a state dict needs, and those that training leaves in it. None of them can take more memory than its
text in the file."""


@dataclass(frozen=True)
class Storage:
    """A run of numbers that tensors are views of: ``key`` is its name in the file, ``elements`` how many numbers it
    declares, ``item`` the bytes of one number."""

    key: str
    elements: int
    item: int

    @property
    def bytes(self) -> int:
        """Returns its declared length in bytes."""
        return self.elements * self.item


@dataclass(frozen=True)
class Declared:
    """A tensor that the pickle declares: a view into ``storage`` that begins at ``offset``, with a ``stride`` for each
    axis of ``shape``. Offset and strides count elements. None of these numbers is checked; see `fits`."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def fits(self) -> bool:
        """Returns whether all of it lies inside its storage."""
        if min(self.offset, *self.shape, *self.stride, 0) < 0 or len(self.shape) != len(self.stride):
            return False
        reach = sum((side - 1) * step for side, step in zip(self.shape, self.stride, strict=True))
        return 0 in self.shape or self.offset + reach < self.storage.elements


@dataclass
class Pickled:
    """What `read` found in a pickle. ``storages`` and ``tensors`` are all that it declares, in order; a storage is
    listed once for each time that the pickle refers to it. ``value`` is the pickled object itself if that is a number,
    a bool, None, a text or a tuple of these; else it is a stand-in without meaning."""

    value: object = None
    storages: list[Storage] = field(default_factory=list)
    tensors: list[Declared] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    """Names that the pickle asks for and that no state dict needs."""


@dataclass(frozen=True)
class _Global:
    """A class or function that the pickle asks for."""

    name: str


_MARK: Final = object()
"""Marks on the stack where a list of arguments begins."""
_OTHER: Final = object()
"""Stands for every other object on the stack: a container, a tensor, or what one of the `Pickled.strangers` would have
made."""


def read(source: bytes | mmap.mmap) -> Pickled:
    """Reads one pickle of protocol 2 from ``source`` and returns what it declares, as a new `Pickled`, without
    importing, calling or building anything. Bytes are read from their start; an mmap is read from its current position,
    which is behind the pickle afterwards.

    A pickle that asks for other classes or functions than a state dict needs is read too, and their names, such as
    ``os.system``, are in ``strangers``. Raises ValueError, IndexError or KeyError for anything but a pickle as torch
    writes them.
    """
    reader = _PickleReader()
    for opcode, argument, _ in pickletools.genops(cast("IO[bytes]", source)):  # reads an mmap as it does a file
        reader.step(opcode.name, argument)
    reader.found.value = reader.stack.pop()
    return reader.found


class _PickleReader:
    """The stack and the memo of an unpickler that never makes an object."""

    def __init__(self) -> None:
        self.found = Pickled()
        self.stack: list[object] = []
        self.memory: dict[int, object] = {}
        self._steps: dict[str, Callable[[], object]] = {
            "EMPTY_DICT": lambda: _OTHER,
            "EMPTY_LIST": lambda: _OTHER,
            "EMPTY_TUPLE": tuple,
            "MARK": lambda: _MARK,
            "TUPLE": self._marked,
            "TUPLE1": lambda: self._last(1),
            "TUPLE2": lambda: self._last(2),
            "TUPLE3": lambda: self._last(3),
            "BINPERSID": self._storage,
            "REDUCE": self._called,
            "NEWOBJ": self._made,
            "NONE": lambda: None,
            "NEWTRUE": lambda: True,
            "NEWFALSE": lambda: False,
        }
        """Opcodes that push what the function returns."""
        self._fillers: dict[str, Callable[[], object]] = {
            "APPEND": lambda: self._last(1),
            "BUILD": lambda: self._last(1),
            "SETITEM": lambda: self._last(2),
            "APPENDS": self._marked,
            "SETITEMS": self._marked,
        }
        """Opcodes that only put what the function takes off the stack into a container."""

    def step(self, name: str, argument: object) -> None:
        """Applies one opcode to the stack. Raises ValueError for one that torch never writes."""
        if name in self._steps:
            self.stack.append(self._steps[name]())
        elif name in self._fillers:
            self._fillers[name]()
        elif name in ("BINPUT", "LONG_BINPUT") and isinstance(argument, int):
            self.memory[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET") and isinstance(argument, int):
            self.stack.append(self.memory[argument])
        elif name == "GLOBAL":
            self.stack.append(self._global(str(argument).replace(" ", ".")))
        elif name.startswith(("BININT", "LONG", "BINFLOAT", "BINUNICODE", "BINSTRING", "BINBYTES", "SHORT_BIN")):
            self.stack.append(argument)
        elif name != "STOP" and (name, argument) != ("PROTO", _PROTOCOL):
            raise ValueError(f"torch never writes {name} {'' if argument is None else argument}".rstrip())

    def _last(self, count: int) -> tuple[object, ...]:
        """Takes the last ``count`` objects off the stack and returns them."""
        if len(self.stack) < count:
            raise ValueError("the pickle takes more than it has")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return tuple(taken)

    def _marked(self) -> tuple[object, ...]:
        """Takes the objects behind the last mark off the stack, and the mark too; returns the objects."""
        count = next((count for count, held in enumerate(reversed(self.stack)) if held is _MARK), None)
        if count is None:
            raise ValueError("the pickle ends a list that it never began")
        return self._last(count + 1)[1:]

    def _global(self, name: str) -> _Global:
        """Returns the name's stand-in, and notes a name that no state dict needs."""
        if name not in _FRIENDS:
            self.found.strangers.add(name)
        return _Global(name)

    def _storage(self) -> object:
        """Returns the storage that the pickle refers to by kind, key and length. Raises ValueError for other
        references."""
        match self.stack.pop():
            case ("storage", _Global(kind), str(key), str(), int(elements), *view) if kind in _ITEM_SIZES:
                if elements < 0 or view not in ([], [None]):
                    raise ValueError(f"storage {key[:40]} is a view or of a negative length")
                storage = Storage(key, elements, _ITEM_SIZES[kind])
                self.found.storages.append(storage)
                return storage
        if self.found.strangers:
            return _OTHER
        raise ValueError("it has a storage of an unknown kind")

    def _called(self) -> object:
        """Returns the result of a call: a size as it is, anything else as `_OTHER`. Notes the tensors that are
        declared."""
        match self._last(2):
            case (_Global(name), (Storage() as storage, int(offset), tuple(shape), tuple(stride), *_)) if (
                name in _REBUILD
            ):
                self.found.tensors.append(Declared(storage, offset, _whole(shape), _whole(stride)))
            case (_Global(name), (tuple(sides),)) if name == "torch.Size":
                return sides
            case (_Global(name), _) if name in _REBUILD and not self.found.strangers:
                raise ValueError("it has a tensor without storage, offset, shape and stride")
        return _OTHER

    def _made(self) -> object:
        """Takes a class and its arguments off the stack, and returns the stand-in for the object."""
        self._last(2)
        return _OTHER


def _whole(numbers: tuple[object, ...]) -> tuple[int, ...]:
    """Returns ``numbers`` if all of them are integers. Raises ValueError if not."""
    whole = tuple(number for number in numbers if isinstance(number, int))
    if len(whole) < len(numbers):
        raise ValueError("a shape is not whole numbers")
    return whole
