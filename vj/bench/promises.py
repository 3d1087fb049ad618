"""The speed that this project promises, by the kind of processor that it runs on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vj.model.runtime import libraries, processor

BARE: Final = 0.95
"""The least part of a bare ONNX Runtime session's speed, without OpenVINO."""


@dataclass(frozen=True)
class Promises:
    """The least ratios of speed that are promised on one kind of processor, which ``title`` names: to plain torch, and
    to a bare ONNX Runtime session, by family of models. A family that isn't listed has no promise."""

    title: str
    of_torch: Mapping[str, float] = field(default_factory=dict)
    of_onnxruntime: Mapping[str, float] = field(default_factory=dict)


AVX2: Final = Promises(
    "x86 without VNNI",
    {"style26": 2.6, "fast_style": 2.8, "cyclegan": 2.3},
    {"style26": 2.3},
)
VNNI: Final = Promises(
    "x86 with VNNI",
    {"fast_style": 6.0, "cyclegan": 4.0, "pix2pix": 2.5},
    {"style26": 3.5},
)
AMX: Final = Promises(
    "x86 with AMX",
    {"fast_style": 6.0, "cyclegan": 6.0, "pix2pix": 2.5},
    {"style26": 3.5},
)
OTHERS: Final = Promises("not x86: nothing is promised yet")
NO_OPENVINO: Final = Promises(
    "without OpenVINO",
    of_onnxruntime=dict.fromkeys(("style26", "fast_style", "arbitrary_style", "cyclegan", "pix2pix"), BARE),
)


def here() -> Promises:
    """Returns what is promised on this machine, by its processor, or by the lack of OpenVINO. Nothing is measured."""
    if libraries.why_not("openvino"):
        return NO_OPENVINO
    if not processor.is_x86():
        return OTHERS
    if not processor.has_vnni():
        return AVX2
    return AMX if processor.features() & {"amx_bf16", "amx_int8"} else VNNI


def limit() -> str:
    """Returns the limit that an environment variable sets to the processor (``NAME=VALUE``), or an empty text if there
    is none. The limit doesn't apply to the peers, so no ratio to them counts."""
    return next((f"{name}={os.environ[name]}" for name in processor.LIMIT_VARIABLES if name in os.environ), "")
