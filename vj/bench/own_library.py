"""A library of a bench's own: what it makes doesn't go into the performer's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def library_in(folder: Path) -> Iterator[None]:
    """Lets the performer's library be in ``folder`` during the ``with`` block, for children too."""
    before = os.environ.get("VJ_LIBRARY")
    os.environ["VJ_LIBRARY"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["VJ_LIBRARY"]
        else:
            os.environ["VJ_LIBRARY"] = before
