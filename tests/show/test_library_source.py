"""What commands may open: the library's own, and nothing elsewhere."""

from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.show.library_source import library_source


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with a film and a folder, and a film beside it."""
    folder = tmp_path / "library"
    (folder / "clips" / "photos").mkdir(parents=True)
    (folder / "clips" / "a.mp4").touch()
    (tmp_path / "outside.mp4").touch()
    monkeypatch.setenv("VJ_LIBRARY", str(folder))
    return folder


@pytest.mark.parametrize("written", ["a.mp4", "clips/a.mp4", "movie:a.mp4"])
def test_a_film_of_the_library_is_found(written: str, library: Path) -> None:
    assert library_source(written) == f"movie:{library / 'clips' / 'a.mp4'}"


def test_so_are_folders_and_bundled_files(library: Path) -> None:
    assert library_source("photos") == f"folder:{library / 'clips' / 'photos'}"
    assert library_source("still:zoom.jpg").endswith("presets/pictures/zoom.jpg")


def test_what_needs_no_file_is_taken_as_it_is() -> None:
    assert [library_source(name) for name in ("pattern", "shader:plasma")] == ["pattern", "shader:plasma"]


@pytest.mark.parametrize(
    "written",
    [
        *("../outside.mp4", "/etc/passwd", "camera", "stream:rtsp://x/y", "rtsp://x/y", "movie:/etc/passwd"),
        *("a\0", "", "x" * 5000, "movie:", "screen"),
    ],
)
def test_nothing_else_is_opened(written: str) -> None:
    with pytest.raises(BadInput, match="in the library"):
        library_source(written)


@pytest.mark.parametrize(
    ("written", "complaint"), [("shader:nope", "unknown shader 'nope'"), ("shader:mirror", "mirror is a filter")]
)
def test_a_generator_has_to_be_there(written: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        library_source(written)
