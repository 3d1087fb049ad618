"""How fast this machine multiplies matrices, to compare the speed of a network with."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from vj.model.runtime.number_format import NumberFormat, integer_format
from vj.model.runtime.openvino import OpenVinoGraph
from vj.model.runtime.processor import has_bf16

_SIDE, _HIGH, _TIMES = 512, 64, 8
"""Channels in and out, the picture's side in pixels, and how many products follow each other."""
_RUNS = 12


def measure() -> dict[str, float]:
    """Measures now, with OpenVINO on the processor, how fast matrices are multiplied. Returns operations a second.

    The keys are "f32"; "bf16" where the processor multiplies such numbers; and "int8" on x86, also where its 8-bit
    format is the reduced one. Each is the best of 12 runs; a multiplication and an addition count as two operations.
    Nothing is cached. Raises Unavailable without OpenVINO.
    """
    found = {"f32": _rate("f32", "float")}
    if has_bf16():
        found["bf16"] = _rate("bf16", "float")
    if integers := integer_format():
        found["int8"] = _rate("f32", integers)
    return found


def is_of_processor(backend: str) -> bool:
    """Returns whether the backend of that name (such as ``openvino-f32``) computes on the processor.

    Those are ``torch``, ``onnxruntime``, ``bare onnxruntime`` (a name of ``vj bench models``), and OpenVINO's in f32,
    bf16 and int8; never those on a graphics card. Unknown names give False.
    """
    return backend in ("torch", "onnxruntime", "bare onnxruntime") or backend.startswith(
        ("openvino-f32", "openvino-bf16", "openvino-int8")
    )


def kind(backend: str) -> str:
    """Returns the number format in which a backend on the processor multiplies, told from its name: a key of `measure`.

    "int8" if the name contains ``int8`` (also ``openvino-int8-bf16``), "bf16" if it ends so, else "f32".
    """
    return "int8" if "int8" in backend else "bf16" if backend.endswith("bf16") else "f32"


def _rate(precision: str, number_format: NumberFormat) -> float:
    """Returns operations a second in one format."""
    graph = OpenVinoGraph(_product(number_format), precision=precision)
    given = np.random.default_rng(0).random((1, _SIDE, _HIGH, _HIGH), np.float32) * 255
    out = np.empty((1, _SIDE), np.float32)
    times = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        graph.run(given, out=out)
        times.append(time.perf_counter() - started)
    return 2.0 * _TIMES * _SIDE**2 * _HIGH**2 / min(times)


def _product(number_format: NumberFormat) -> Any:
    """Returns a graph that multiplies every pixel's channels by a matrix, so many times that the rest hardly counts.

    The products are convolutions of one pixel, which is how networks multiply matrices.
    """
    from vj.model.runtime.graph_ops import floats, ints, op, ov, rounded_kernel, unsigned_bytes

    image = op.parameter([1, _SIDE, _HIGH, _HIGH], np.float32, name="image")
    weights = np.random.default_rng(1).random((_SIDE, _SIDE, 1, 1), np.float32) * np.float32(2 / _SIDE)
    rounded = number_format != "float"
    kernel = rounded_kernel(weights, number_format) if rounded else floats(weights)
    x = image
    for _ in range(_TIMES):
        x = op.convolution(unsigned_bytes(x) if rounded else x, kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    return ov.Model([op.reduce_max(x, ints(2, 3))], [image], "product")
