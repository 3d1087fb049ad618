"""One frame of a store or of a desk, for tests of what lies before and behind it."""

from vj.params.control_queue import Change, ControlBatch
from vj.params.store import Store


def step(store: Store, batch: ControlBatch | None, dt: float) -> tuple[Change, ...]:
    """Apply ``batch`` and move smoothed values by ``dt`` seconds; returns the triggers that were fired."""
    fired = store.apply_values(batch.values, batch.changes) if batch else ()
    store.advance(dt)
    return fired
