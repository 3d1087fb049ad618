"""A canvas on a card, and the pictures that come there and go back."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from vj.base.convert import resize
from vj.base.frame import Pixels, Size
from vj.model.dreams.card_buffers import PinnedBuffer
from vj.model.runtime.compiled_network import Floats
from vj.model.runtime.cuda_graph import GraphPool
from vj.model.runtime.page_locked import PageLocked


class CardCanvas:
    """The canvas of one size that all dreams of a model share on a card, with what is read and written beside it, in
    memory that never moves. On the device, pictures are float32 [1, 3, h, w] in 0..1. One thread at a time may use it.
    """

    def __init__(self, size: Size, device: torch.device, pool: GraphPool | None = None) -> None:
        """``pool`` is the memory pool of everything that is recorded with this canvas; None: each recording has its
        own."""
        self.size = size
        self.device = device
        self.pool = pool
        shape = (size.height, size.width)
        self.floats = torch.zeros((1, 3, *shape), device=device)
        """The canvas."""
        self.mask = torch.ones((1, 1, *shape), device=device)
        """How much each place changes, 0..1."""
        self.means = torch.zeros(2, device=device)
        """What `fetch` reads: the mean of the last gradient, not finite if any gradient of the picture wasn't, and the
        mean of the picture."""
        self._masked: PinnedBuffer | None = None
        self._seen, self._shown = (PinnedBuffer((*shape, 3), torch.uint8, device) for _ in range(2))
        self._read = PinnedBuffer((2,), torch.float32, device)
        self._locked = PageLocked() if device.type == "cuda" else None

    def send(self, seen: Pixels) -> None:
        """Begin to bring the source's picture there: ``seen``, uint8 RGB [h, w, 3], resized if it has another size. It
        isn't to be changed before the next `fetch`."""
        if seen.shape[:2] != self.floats.shape[2:]:
            seen = resize(seen, self.size)
        locked = self._locked.tensor(seen) if self._locked else None
        if locked is None:
            self._seen.send(seen)
        else:
            self._seen.there.copy_(locked, non_blocking=True)

    def seen(self) -> Tensor:
        """Returns the source's picture that was sent last, a new tensor [1, 3, h, w]."""
        return from_card_bytes(self._seen.there)

    def send_mask(self, mask: Floats | None) -> None:
        """Make ``mask``, float32 [h, w] in 0..1, the mask from now on; None stands for ones."""
        if mask is not None:
            self._masked = self._masked or PinnedBuffer(tuple(self.mask.shape), torch.float32, self.device)
            self._masked.send(mask[None, None])
            self.mask.copy_(self._masked.there)
        elif self._masked is not None:
            self._masked = None
            self.mask.fill_(1.0)

    def show(self) -> None:
        """Write the canvas, 0..1, into the bytes that `fetch` reads, rounded."""
        self._shown.there.copy_((self.floats[0] * 255.0).round_().permute(1, 2, 0))

    def fetch(self, out: Pixels) -> tuple[float, float]:
        """Wait until all is done, and write what `show` left into ``out``, uint8 RGB [h, w, 3]. Returns the `means`. If
        the first isn't finite, ``out`` stays as it was."""
        self._read.there.copy_(self.means)
        self._read.fetch()
        self.wait()
        gradient, picture = self._read.here.tolist()
        if math.isfinite(gradient):
            self._fetch_picture(out)
        return gradient, picture

    def _fetch_picture(self, out: Pixels) -> None:
        locked = self._locked.tensor(out) if self._locked else None
        if locked is None:
            self._shown.fetch()
        else:
            locked.copy_(self._shown.there, non_blocking=True)
        self.wait()
        if locked is None:
            out[...] = self._shown.here

    def wait(self) -> None:
        """Wait until the device has done everything that this thread's stream has asked of it."""
        if self.device.type == "cuda":  # by an event, because waiting for a stream would keep a processor's core busy
            done: Any = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record(torch.cuda.current_stream(self.device))
            done.synchronize()


def from_card_bytes(picture: Tensor) -> Tensor:
    """Returns ``picture``, uint8 [h, w, 3], as a new float32 tensor [1, 3, h, w] in 0..1."""
    return picture.permute(2, 0, 1)[None].to(torch.float32, memory_format=torch.contiguous_format).mul_(1.0 / 255.0)


def at_card_size(picture: Tensor, size: Size) -> Tensor:
    """Returns ``picture``, float32 [1, c, h, w], resized to ``size`` by linear interpolation; itself, not a copy, if it
    has that size already."""
    shape = (size.height, size.width)
    if picture.shape[2:] == shape:
        return picture
    return torch.nn.functional.interpolate(picture, shape, mode="bilinear", align_corners=False)
