"""An OpenGL context, and pictures in and out of it."""

from collections.abc import Iterator

import moderngl
import numpy as np
import numpy.typing as npt
import pytest

from vj.gl import context
from vj.gl.canvas import Canvas

Image = npt.NDArray[np.int16]
"""Signed, so that pictures can be compared."""


@pytest.fixture
def ctx() -> Iterator[moderngl.Context]:
    made = context.headless()
    yield made
    made.release()


@pytest.fixture
def exactly(ctx: moderngl.Context) -> None:
    """For tests that compare pixels: only software renderers agree on every one of them."""
    if not context.is_software(ctx):
        pytest.skip("compares pixels, which only software OpenGL draws the same everywhere")


def seen(canvas: Canvas) -> Image:
    """What the canvas shows, H×W×3, row 0 at the top."""
    flat = np.frombuffer(canvas.read(), np.uint8)
    return flat.reshape(canvas.size.height, canvas.size.width, 3).astype(np.int16)


def plain(width: int, height: int, colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def corners(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Red top left, green top right, blue bottom left, white bottom right."""
    made = plain(width, height, (255, 255, 255))
    made[: height // 2, : width // 2] = (255, 0, 0)
    made[: height // 2, width // 2 :] = (0, 255, 0)
    made[height // 2 :, : width // 2] = (0, 0, 255)
    return made
