"""Folders of the user's: the library's bounds, and a cache that doesn't grow for ever."""

import os
from pathlib import Path

import pytest

from vj.base import paths


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


@pytest.mark.parametrize("name", ["../secret", "a/b", "/etc/secret", "~/secret", "C:\\secret", ".secret", "link"])
def test_a_look_does_not_lead_out_of_the_library(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "models" / "a").mkdir(parents=True)
    for secret in ("secret", "models/a/b", "models/.secret"):
        (tmp_path / f"{secret}.safetensors").write_bytes(b"")
    (tmp_path / "models" / "link.safetensors").symlink_to(tmp_path / "secret.safetensors")
    assert not paths.look(name).exists()
    assert paths.look("look-1") == tmp_path / "models" / "look-1.safetensors"


def test_the_cache_is_the_users_own_or_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_name_for_this_user", lambda: f"{tmp_path.name}-cache")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    paths._temporary.cache_clear()
    assert paths.cache("a", "b") == tmp_path / "mine" / "vj" / "a" / "b"
    assert not paths.cache_trouble()
    (tmp_path / "file").write_bytes(b"")
    for nowhere in (str(tmp_path / "file" / "x"), "/proc/x"):
        monkeypatch.setenv("XDG_CACHE_HOME", nowhere)
        assert paths.cache("a") == tmp_path / f"{tmp_path.name}-cache" / "a"
        assert nowhere in paths.cache_trouble()
        assert str(tmp_path / f"{tmp_path.name}-cache") in paths.cache_trouble()
    assert (tmp_path / f"{tmp_path.name}-cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("laid", ["link", "open to all", "file"])
def test_a_folder_that_somebody_laid_out_is_not_trusted(
    laid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/x")
    paths._temporary.cache_clear()
    trap = tmp_path / paths._name_for_this_user()
    if laid == "link":
        (tmp_path / "theirs").mkdir()
        trap.symlink_to(tmp_path / "theirs")
    elif laid == "file":
        trap.write_bytes(b"")
    else:
        trap.mkdir()
        trap.chmod(0o777)
    assert paths.cache().parent == tmp_path
    assert paths.cache() != trap
    paths._temporary.cache_clear()


def test_a_user_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then ``~`` stays as it is; nothing is put in a folder of that name."""
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "VJ_LIBRARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.chdir(tmp_path)
    paths._temporary.cache_clear()
    places = [paths.state(), paths.library("models"), paths.cache("weights")]
    assert len(set(places)) == 3
    assert all(place.is_relative_to(tmp_path / paths._name_for_this_user()) for place in places)
    assert "no home" in paths.cache_trouble()
    paths._temporary.cache_clear()


@pytest.mark.parametrize("name", ["../secret.png", "a/../../secret.png", "link.png"])
def test_a_relative_name_never_leads_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "library"
    (library / "pictures").mkdir(parents=True)
    (library / "secret.png").write_bytes(b"")
    (library / "pictures" / "link.png").symlink_to(library / "secret.png")
    monkeypatch.setenv("VJ_LIBRARY", str(library))
    assert paths.picture(name).resolve() != library / "secret.png" or not paths.picture(name).is_file()


def test_a_cache_whose_files_belong_together_is_cleared_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    for name in ("a/one.bin", "a/b/two.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(50))
    paths.clear(folder, 100)
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2
    paths.clear(folder, 99)
    assert not folder.exists()
    paths.clear(folder, 99)
