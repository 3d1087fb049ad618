"""Folders of the user's: the library's bounds, and a cache that doesn't grow for ever."""

import os
from pathlib import Path

import pytest

from vj import paths


def test_a_cache_keeps_what_was_used_last(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    paths.trim(tmp_path, 250)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "middle"}
    paths.trim(tmp_path, 250)
    paths.trim(tmp_path / "nowhere", 1)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_picture_is_found_in_the_library_and_else_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    assert paths.picture("woodcut_wave.jpg") == paths.PRESETS / "paintings" / "woodcut_wave.jpg"
    (tmp_path / "pictures").mkdir()
    mine = tmp_path / "pictures" / "woodcut_wave.jpg"
    mine.write_bytes(b"")
    assert paths.picture("woodcut_wave.jpg") == mine
    assert paths.picture(str(tmp_path / "x.png")) == tmp_path / "x.png"


@pytest.mark.parametrize("name", ["../secret.png", "a/../../secret.png", "link.png"])
def test_a_relative_name_never_leads_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    (library / "pictures").mkdir(parents=True)
    (library / "secret.png").write_bytes(b"")
    (library / "pictures" / "link.png").symlink_to(library / "secret.png")
    monkeypatch.setenv("VJ_LIBRARY", str(library))
    assert paths.picture(name).resolve() != library / "secret.png" or not paths.picture(name).is_file()
