"""Which number format trains faster on this machine: timed, where the processor or card has the other at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import torch

from vj.model.runtime import processor
from vj.train.method import Method, StepRandom

FORMATS: Final = ("float32", "bfloat16")
_WARM, _TIMED = 1, 3
"""How many steps of each format are taken before, and while, time is."""


def worth_timing(device: torch.device) -> bool:
    """Returns whether ``device`` computes in bfloat16 faster than by converting: a card, or a processor with AMX."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and "amx_bf16" in processor.features()


def fastest(made: Callable[[str], Method], now: Callable[[], float] = time.perf_counter) -> str:
    """Returns the name of the faster of `FORMATS`. ``made`` makes a new method in the format of that name, which is
    thrown away. It takes a few steps of each, on pictures of noise."""
    return min(FORMATS, key=lambda name: _seconds(made(name), now))


def _seconds(method: Method, now: Callable[[], float]) -> float:
    settings = method.settings
    shape = (settings.batch, 3, settings.side, settings.side)
    a, b = (torch.rand(shape, device=method.device) * 2 - 1 for _ in range(2))
    for step in range(_WARM):
        method.step(a, b, StepRandom(0, step))
    began = _finished(method, now)
    for step in range(_TIMED):
        method.step(a, b, StepRandom(0, step))
    return _finished(method, now) - began


def _finished(method: Method, now: Callable[[], float]) -> float:
    """Returns the time once a card has done what it was given."""
    if method.device.type == "cuda":
        torch.cuda.synchronize(method.device)
    return now()
