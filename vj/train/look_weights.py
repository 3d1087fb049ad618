"""The weights of a look while it is learned: the newest are on disk, and those of the last minute can be had again."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.train import look_file
from vj.train.look_file import Learned

if TYPE_CHECKING:
    from torch import Tensor

    from vj.model.nets.look import LookNet

LONGEST_UNDO: Final = 60.0
"""The seconds of learning that can be undone."""
_APART: Final = 0.5
"""Seconds of learning from one remembered state to the next."""


class _State(NamedTuple):
    numbers: npt.NDArray[np.float32]
    learned: Learned


class LookWeights:
    """The weights of the look ``name``. All that are put here are written into its file.

    If that can't be written, ``fault`` says why, and the weights stay in memory.
    """

    def __init__(self, name: str, anew: bool = False) -> None:
        """The weights in the file of that name are read, if there is one; if the look begins ``anew``, that file is
        kept beside what is painted. Raises BadInput if they can't be read."""
        self.name = name
        self.fault = ""
        """Why the weights couldn't be written the last time; empty if they could."""
        self.net: LookNet | None = None
        """A network of its own with the newest weights; None before any."""
        self.learned = Learned()
        """How long those have learned."""
        self._past: deque[_State] = deque()
        look_file.clear_parts(name)
        if anew:
            look_file.put_aside(name)
        elif found := look_file.read(name):
            self._take(net_of(look_file.path_of(name), found[0]), found[1])

    def put(self, net: LookNet, learned: Learned) -> bool:
        """Copy the weights of ``net``, which has learned for ``learned``, as the newest ones, and write them. Returns
        whether they could be used: numbers that aren't finite are refused, and those before stay."""
        if not self._take(net, learned):
            return False
        self._write()
        return True

    def undo(self, seconds: float) -> bool:
        """Go back to the weights of ``seconds`` of learning ago, or to the earliest that are remembered, and write
        them. Returns whether those are other ones than the newest."""
        from vj.model.nets.look import fill

        wanted = self.learned.seconds - seconds
        while len(self._past) > 1 and self._past[-1].learned.seconds > wanted:
            self._past.pop()
        if self.net is None or not self._past or self._past[-1].learned.steps >= self.learned.steps:
            return False
        numbers, self.learned = self._past[-1]
        fill(self.net, numbers)
        self.save()
        return True

    def save(self) -> None:
        """Write the newest weights, so that they are on the disk for good."""
        self._write(lasting=True)

    def _take(self, net: LookNet, learned: Learned) -> bool:
        from vj.model.nets.look import LookNet, fill, flat

        numbers = flat(net)
        if not np.isfinite(numbers).all():
            return False
        if self.net is None:
            self.net = LookNet(net.channels, net.fold)
        fill(self.net, numbers)
        self.learned = learned
        if not self._past or learned.seconds - self._past[-1].learned.seconds >= _APART:
            self._past.append(_State(numbers, learned))
        while learned.seconds - self._past[0].learned.seconds > LONGEST_UNDO:
            self._past.popleft()
        return True

    def _write(self, lasting: bool = False) -> None:
        if self.net is None:
            return
        try:
            look_file.write(self.name, self.net.state_dict(), self.learned, lasting=lasting)
            self.fault = ""
        except BadInput as error:
            self.fault = str(error)


def net_of(path: Path, tensors: dict[str, Tensor]) -> LookNet:
    """Returns the network with the weights ``tensors``, which were read from ``path``. Raises BadInput if they are none
    of a look."""
    from vj.model.nets.look import LookNet

    try:
        channels = [tensors["inp.weight"].shape[0]]
        while (key := f"down.{len(channels) - 1}.weight") in tensors:
            channels.append(tensors[key].shape[0])
        net = LookNet(channels, math.isqrt(tensors["inp.weight"].shape[1] // 3))
        net.load_state_dict(tensors)
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(f"{path} holds no look: {reason}") from None
    return net
