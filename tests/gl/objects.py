"""What a driver keeps on the card."""

import ctypes

import pytest

KINDS = ("Texture", "Program", "Framebuffer", "VertexArray", "Buffer")


def on_the_card(kind: str) -> int:
    """How many objects of a kind in `KINDS` the context in use has; skips where that is unknown."""
    try:
        there = getattr(ctypes.CDLL("libGL.so.1"), f"glIs{kind}")
    except (OSError, AttributeError):
        pytest.skip("needs libGL, to count")
    return sum(bool(there(name)) for name in range(2000))
