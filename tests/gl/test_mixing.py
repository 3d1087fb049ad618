"""Fades and wipes between two pictures."""

import moderngl
import numpy as np
import pytest

from vj.base.frame import Size
from vj.gl.mixing import MixPass
from vj.gl.target import DrawTarget

pytestmark = pytest.mark.usefixtures("exactly")

SIZE = Size(100, 10)


def mixed(ctx: moderngl.Context, progress: float, wipe: bool) -> list[int]:
    """Red of the middle row, from 200 before to 100 after, half of it covered."""
    before, after, out = (DrawTarget(ctx, SIZE) for _ in range(3))
    for target, level in ((before, 200), (after, 100)):
        target.texture.write(np.full((SIZE.height, SIZE.width, 4), (level, 0, 0, 255), np.uint8).tobytes())
    out.begin()
    MixPass(ctx).draw(before.texture, after.texture, progress, wipe=wipe)
    return [
        int(red) for red in np.frombuffer(out.texture.read(), np.uint8).reshape(SIZE.height, SIZE.width, 4)[5, :, 0]
    ]


@pytest.mark.parametrize("progress", [0.0, 0.25, 0.5, 1.0])
def test_a_fade_goes_everywhere_at_once(ctx: moderngl.Context, progress: float) -> None:
    row = mixed(ctx, progress, wipe=False)
    assert set(row) == {row[0]}
    assert row[0] == pytest.approx(200 - 100 * progress, abs=1)


def test_a_wipe_goes_to_the_right(ctx: moderngl.Context) -> None:
    assert set(mixed(ctx, 0.0, wipe=True)) == {200}
    assert set(mixed(ctx, 1.0, wipe=True)) == {100}
    row = mixed(ctx, 0.5, wipe=True)
    assert row[:40] == [100] * 40
    assert row[60:] == [200] * 40
    assert row == sorted(row)
