"""A real sound server for the tests that want one."""

from collections.abc import Iterator

import pytest

from tests.control.audio.pulse import Pulse, missing


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    """A PulseAudio server with one null sink, and the environment that leads to it."""
    if lacking := missing():
        pytest.skip(f"needs {lacking}")
    server = Pulse()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.env.items():
            patch.setenv(name, value)
        yield server
    server.close()
