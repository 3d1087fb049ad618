"""Where benches for graphics cards compute and how they time it: on the card or, in a rehearsal, on the processor."""

from __future__ import annotations

import gc
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vj.base.frame import Size
from vj.bench.turns import ENOUGH
from vj.model.network import Network
from vj.model.runtime.compiled_network import Floats, Numbers, Runner

if TYPE_CHECKING:
    import torch

WARM_UPS: Final = 3
"""Runs that aren't counted: libraries choose their kernels in the first ones."""
BATCH: Final = 0.02
"""Seconds of runs between two times that the device is waited for: waiting after every run would be timed as well."""
MOST: Final = 1000
"""The most runs in a batch."""
_KERNELS: Final = 5
"""How many kernels a profile names."""
_WIDTH: Final = 100
"""The most characters of a kernel's name that are shown."""


def seconds_of(
    run: Callable[[], object],
    synchronise: Callable[[], object],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Returns the seconds that one ``run`` takes on a device that works on while this thread goes on: the median over
    batches of runs, after each of which ``synchronise`` waits for the device.

    After `WARM_UPS` runs there are batches of `BATCH` seconds until about ``seconds`` have passed, at least one and at
    most `ENOUGH`. Which streams the runs use doesn't matter. What a run raises is passed on.
    """
    for _ in range(WARM_UPS):
        run()
    synchronise()
    started = clock()
    run()
    synchronise()
    count = min(MOST, max(1, math.ceil(BATCH / max(1e-9, clock() - started))))
    found: list[float] = []
    while not found or (clock() - started < seconds and len(found) < ENOUGH):
        began = clock()
        for _ in range(count):
            run()
        synchronise()
        found.append((clock() - began) / count)
    return statistics.median(found)


def on_device(runner: Runner, run: Callable[[], object]) -> tuple[Callable[[], object], bool]:
    """Returns a function that runs the network of ``runner`` on the device only, and True; or ``run``, the whole pass
    with its copies, and False if the runner has no such function (``replay``) or it doesn't work.

    ``run`` is called once first: a runner replays what it has run.
    """
    run()
    replay: Callable[[], object] | None = getattr(runner, "replay", None)
    if replay is None:
        return run, False
    try:
        replay()
    except Exception:  # noqa: BLE001 - a network that isn't recorded has nothing to replay
        return run, False
    return replay, True


@dataclass(frozen=True)
class BenchDevice:
    """A device of torch: ``device`` is torch's word for it, ``title`` its name for people."""

    device: str
    title: str

    @classmethod
    def here(cls, *, rehearsal: bool = False) -> BenchDevice | None:
        """Returns the first NVIDIA or AMD card that torch can use; the processor in a rehearsal; None without a card.
        It imports torch, and raises ImportError without it."""
        import torch

        if rehearsal:
            return cls("cpu", "the processor (a rehearsal)")
        return cls("cuda", torch.cuda.get_device_name(0)) if torch.cuda.is_available() else None

    @property
    def is_card(self) -> bool:
        """Returns whether it is a graphics card."""
        return self.device == "cuda"

    @property
    def peer(self) -> torch.dtype:
        """The number format of the eager peer: half precision on a card; 32-bit floats on the processor, which has no
        fast halves."""
        import torch

        return torch.float16 if self.is_card else torch.float32

    def synchronise(self) -> None:
        """Wait until the device has done everything."""
        if self.is_card:
            import torch

            torch.cuda.synchronize()

    def free(self) -> None:
        """Give memory that nothing uses back to the device, for the next candidate."""
        gc.collect()
        if self.is_card:
            import torch

            torch.cuda.empty_cache()

    def peaks(self) -> dict[str, float]:
        """Measures and returns what the device reaches: ``half`` and ``single``, operations a second of matrix products
        in half precision and in 32-bit floats (without TF32), and ``copies``, bytes a second that are read and written.
        Raises torch's own errors, for instance when memory runs out."""
        import torch

        side, seconds = (8192, 0.3) if self.is_card else (256, 0.02)
        found = {}
        for name, dtype in (("half", self.peer), ("single", torch.float32)):
            left, right = (torch.randn(side, side, device=self.device).to(dtype) for _ in range(2))
            product = torch.empty_like(left)
            run = _product(left, right, product)
            found[name] = 2.0 * side**3 / seconds_of(run, self.synchronise, seconds)
        source = torch.zeros((512 if self.is_card else 4) << 20, dtype=torch.uint8, device=self.device)
        target = torch.empty_like(source)
        took = seconds_of(lambda: target.copy_(source), self.synchronise, seconds)
        found["copies"] = 2.0 * source.numel() / took
        return found

    def eager(self, network: Network, size: Size) -> Callable[[], object]:
        """Returns a function that runs the network's module as people write it in torch: eager, in half precision, with
        PyTorch's own defaults, on a picture that lies on the device already. It doesn't wait for the device."""
        import torch

        net, image, controls = self._given(network, size, self.peer)

        def run() -> object:
            with torch.inference_mode():
                return net(image, *controls)

        return run

    def exact(self, network: Network, size: Size, picture: Numbers) -> Floats:
        """Returns the network's own result for ``picture``, bytes or floats as the network takes them, computed in
        32-bit floats on the device: float32 [h, w, 3] in the range ``network.gives``, neither clamped nor rounded."""
        import torch

        net, _, controls = self._given(network, size, torch.float32)
        image = torch.from_numpy(np.ascontiguousarray(picture)).to(self.device).float().permute(2, 0, 1)[None]
        scale, shift = self._range(network.takes.scale, network.takes.shift)
        given = image if network.floats else image / 255 * scale + shift
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            result = net(given, *controls)
        return np.ascontiguousarray(result[0].permute(1, 2, 0).float().cpu().numpy())

    def profile(self, run: Callable[[], object]) -> Iterator[str]:
        """Yields a line for each of the `_KERNELS` kernels on which one ``run`` spends most of the device's time, with
        milliseconds and how often it is started; on the processor, of operations."""
        from torch.profiler import ProfilerActivity, profile

        os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it would write a line to stderr for every start and stop
        kind = ProfilerActivity.CUDA if self.is_card else ProfilerActivity.CPU
        run()
        self.synchronise()
        with profile(activities=[kind]) as profiled:
            run()
            self.synchronise()
        part = "self_device_time_total" if self.is_card else "self_cpu_time_total"
        entries = sorted(profiled.key_averages(), key=lambda entry: -float(getattr(entry, part, 0.0)))
        for entry in entries[:_KERNELS]:
            yield f"{float(getattr(entry, part, 0.0)) / 1e3:8.3f} ms x{entry.count:<4} {entry.key[:_WIDTH]}"

    def _given(self, network: Network, size: Size, dtype: torch.dtype) -> tuple[Any, Any, list[Any]]:
        """Returns the network's module on the device, a random picture [1, channels, h, w] in the range that it takes,
        and its controls."""
        import torch

        assert network.module
        net = network.module().to(self.device, dtype).eval()
        scale, shift = self._range(network.takes.scale, network.takes.shift)
        noise = torch.rand(1, network.channels, size.height, size.width, device=self.device)
        image = noise if network.floats else noise * scale + shift
        filled = [torch.full(control.shape, control.sample, device=self.device) for control in network.controls]
        return net, image.to(dtype), [control.to(dtype) for control in filled]

    def _range(self, scale: Sequence[float], shift: Sequence[float]) -> tuple[Any, Any]:
        import torch

        return tuple(torch.tensor(term, device=self.device)[:, None, None] for term in (scale, shift))  # type: ignore[return-value]


def _product(left: Any, right: Any, product: Any) -> Callable[[], object]:
    import torch

    return lambda: torch.mm(left, right, out=product)


def relative_error(shown: Numbers, exact: Floats) -> float:
    """Returns how far the picture ``shown``, bytes, is from ``exact``, floats in 0..1 of the same shape: the root mean
    square of the difference, as a part of the deviation of ``exact``. Rounding to bytes counts: where the deviation is
    a fifth of the range it alone makes 0.006. Infinite if ``exact`` is of one colour."""
    deviation = float(exact.std())
    got = shown.astype(np.float32) / np.float32(255)
    return float(np.sqrt(np.mean((got - exact) ** 2))) / deviation if deviation else math.inf
