"""The number formats in which a network's convolutions can be computed, and which of the 8-bit ones is right here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from vj.model.runtime import processor

NumberFormat = Literal["float", "int8", "int8-reduced"]
"""Floats; 8-bit integers; or 8-bit integers whose kernels use half of their range, 7 bits.

A processor without VNNI adds two products of bytes in 16 bits and clips the sum. With kernels within -64..64, the sum
of two products (each at most 255 × 64) fits into 16 bits, so nothing is clipped. PyTorch and ONNX Runtime call this
``reduce_range``.
"""
FORMATS: Final[tuple[NumberFormat, ...]] = get_args(NumberFormat)
"""All three, floats first."""
KERNEL_ROOM: Final[Mapping[NumberFormat, float]] = {"int8": 1.0, "int8-reduced": 2.0}
"""The half-width of an integer kernel's range, in units of its largest weight."""


def integer_format() -> NumberFormat | None:
    """Returns the 8-bit format that this processor computes without clipping: "int8" on x86 with VNNI, "int8-reduced"
    on x86 without it. Returns None, as that isn't known, on any other processor."""
    if not processor.is_x86():
        return None
    return "int8" if processor.has_vnni() else "int8-reduced"
