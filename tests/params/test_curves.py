"""Curves: from 0 to 1, always on, and back the same way."""

import pytest

from vj.params.curves import CURVES, bend, unbend


@pytest.mark.parametrize("curve", CURVES)
def test_curves_rise_between_the_same_ends_and_lead_back(curve):
    levels = [bend(curve, place / 100) for place in range(101)]
    assert (levels[0], levels[-1]) == (0.0, pytest.approx(1.0))
    assert levels == sorted(set(levels))
    assert [unbend(curve, level) for level in levels] == pytest.approx([place / 100 for place in range(101)])
