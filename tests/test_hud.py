"""What the heads-up display says of a process that failed."""

import pytest

from vj.child.process import ChildSpec
from vj.child.supervisor import Child
from vj.show.hud import _fault


@pytest.mark.parametrize(
    ("state", "restarts", "said"),
    [
        ("restarting", 3, "model: out of paint"),
        ("unavailable", 0, "model: out of paint"),
        ("running", 1, "model restarted 1 time, the last for: out of paint"),
        ("running", 4, "model restarted 4 times, the last for: out of paint"),
    ],
)
def test_the_last_fault_stays_readable_once_it_is_mended(state: str, restarts: int, said: str) -> None:
    child = Child(ChildSpec("model", "x:y"), lambda: 0)
    child.state, child.restarts, child.fault = state, restarts, "out of paint"
    assert _fault(child) == said
