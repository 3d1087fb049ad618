"""Sound on its way to a child."""

import numpy as np

from vj.child.shared_curves import SharedCurves


def test_the_newest_curves_arrive_once() -> None:
    written = SharedCurves(4)
    reader = SharedCurves(4, written.memory)
    assert reader.read() is None
    written.write(np.full(4, 0.5, np.float32), np.arange(4, dtype=np.float32))
    heard = reader.read()
    assert heard is not None
    assert [curve.tolist() for curve in heard] == [[0.5] * 4, [0, 1, 2, 3]]
    assert reader.read() is None
