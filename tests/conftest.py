"""Fixtures that more than one folder of tests needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.card import on_a_card  # noqa: F401 - a fixture for every folder
from tests.xserver import screens  # noqa: F401 - the same
from vj.base.clock import FakeClock
from vj.model.files import weights
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable
from vj.params.store import Store

CLIP = Path(__file__).parent.parent / "presets" / "clips" / "bigbuckbunny.mp4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` has two workers. Whole shows begin first and stay with one of them; each other file stays whole."""
    items.sort(key=lambda item: item.get_closest_marker("show") is None)
    for item in items:
        group = "shows" if item.get_closest_marker("show") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session", autouse=True)
def _own_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever models, pictures and saved shows this user has, the tests see none of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("VJ_LIBRARY", str(tmp_path_factory.mktemp("library")))
        yield


@pytest.fixture
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of this test's own; the folder isn't there yet."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    return tmp_path / "library"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def clip() -> Path:
    """A real film: 1280x720, 25 frames/s, 5 s."""
    return CLIP


@pytest.fixture(scope="session")
def style26_path() -> Path:
    """The 26-style network's file, fetched once into the user's cache."""
    return weights.fetch("multistyle26.onnx", lambda doing, part: None)


@pytest.fixture
def queue() -> ControlQueue:
    return ControlQueue()


@pytest.fixture
def store(table: ParamTable) -> Store:
    """A store of the ``table`` that the test's own folder or file declares."""
    return Store(table)
