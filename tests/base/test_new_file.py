"""Nothing that a command writes takes the place of something unasked."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.running import film_frames, vj, vj_fails
from vj.base.errors import BadInput
from vj.base.new_file import check_free, check_writable, free_name, open_free, save_text, whole_file
from vj.cli import app

PATTERN = ("--model", "identity", "--source", "pattern", "--size", "160x90", "--headless", "--frames", "10")
PORTS = ("--osc-port", "0", "--query-port", "-1")
OLD = b"hours of work"
WRITES = {
    "show.mp4": ("run", *PATTERN, *PORTS, "--record"),
    "stats.json": ("run", *PATTERN, *PORTS, "--stats"),
    "picture.png": ("apply", "identity", "in.png"),
    "numbers.npy": ("apply", "vintage", "in.png", "--raw"),
    "layout.tosc": ("osc", "layout"),
    "layout.json": ("osc", "layout"),
    "models.jpg": ("models", "sheet"),
    "layers.jpg": ("models", "layers", "--sheet"),
}
"""The file that each command is asked to write, and the command without it."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (64, 48), (200, 60, 20)).save("in.png")


@pytest.mark.parametrize("name", WRITES)
def test_an_existing_file_is_refused_with_a_free_name(name: str) -> None:
    path = Path(name)
    path.write_bytes(OLD)
    free = path.with_stem(f"{path.stem}-2")
    found = CliRunner().invoke(app, [*WRITES[name], name])
    assert isinstance(found.exception, BadInput)
    assert f"{name!r} exists already" in str(found.exception)
    assert f"{str(free)!r}, or use --overwrite" in str(found.exception)
    assert path.read_bytes() == OLD
    assert not free.exists()


@pytest.mark.parametrize("name", ["show.mp4", "stats.json"])
def test_a_show_replaces_what_it_is_told_to(name: str) -> None:
    Path(name).write_bytes(OLD)
    vj(*WRITES[name], name, "--overwrite")
    assert Path(name).read_bytes() != OLD
    assert name != "show.mp4" or len(film_frames(Path(name))) > 5


@pytest.mark.parametrize("name", ["picture.png", "layout.tosc", "layout.json"])
def test_a_command_replaces_what_it_is_told_to(name: str) -> None:
    Path(name).write_bytes(OLD)
    assert CliRunner().invoke(app, [*WRITES[name], name, "--overwrite"]).exit_code == 0
    assert Path(name).read_bytes() != OLD
    assert sorted(Path().iterdir()) == sorted([Path("in.png"), Path(name)])


def test_a_show_says_it_before_it_begins() -> None:
    Path("out.mp4").write_bytes(OLD)
    assert "'out-2.mp4'" in vj_fails("run", *PATTERN, *PORTS, "--record", "out.mp4")


def test_a_folder_of_pictures_is_refused_whole() -> None:
    Path("pictures").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (32, 24)).save(f"pictures/{name}")
    Path("painted").mkdir()
    for name in ("b.png", "c.png", "d.png"):
        Path(f"painted/{name}").write_bytes(OLD)
    asked = ["apply", "identity", "pictures", "painted"]
    found = CliRunner().invoke(app, asked)
    assert "b.png' exists already, and 1 more" in str(found.exception)
    assert "'painted-2'" in str(found.exception)
    assert not Path("painted/a.png").exists()
    assert CliRunner().invoke(app, [*asked, "--overwrite"]).exit_code == 0
    assert Path("painted/d.png").read_bytes() == OLD
    with Image.open("painted/c.png") as picture:
        assert picture.size == (32, 24)


def test_pictures_of_stages_are_looked_for_too() -> None:
    Path("noise-0001.png").write_bytes(OLD)
    found = CliRunner().invoke(app, ["apply", "from-noise", "64x64", "noise.png", "--at", "1,2"])
    assert "'noise-0001.png' exists already" in str(found.exception)
    assert "'noise-2.png'" in str(found.exception)
    assert Path("noise-0001.png").read_bytes() == OLD


def test_unattended_recordings_count_on() -> None:
    where = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    asked = ("run", *(word for word in PATTERN if word != "--headless"), *PORTS)
    for _ in range(2):
        vj(*asked, env=where)
    assert sorted(path.name for path in Path("recordings").iterdir()) == ["show-2.mp4", "show.mp4"]


def test_names_count_on() -> None:
    assert free_name(Path("a.mp4")) == Path("a.mp4")
    Path("a.mp4").touch()
    Path("a-2.mp4").symlink_to("nowhere")
    assert free_name(Path("a.mp4")) == Path("a-3.mp4")
    assert save_text(Path("a.mp4"), "x") == Path("a-3.mp4")
    assert save_text(Path("a.mp4"), "y", overwrite=True) == Path("a.mp4")
    with pytest.raises(BadInput, match="No such file"):
        save_text(Path("nowhere/a.txt"), "x")


def test_two_that_ask_at_once_get_two_files() -> None:
    names: list[str] = []

    def ask() -> None:
        with open_free(Path("log.jsonl")) as file:
            names.append(file.name)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 16


def test_pipes_and_devices_are_written_to() -> None:
    os.mkfifo("pipe")
    check_writable(Path("pipe"))
    check_writable(Path("/dev/null"))
    with open_free(Path("/dev/null")) as file:
        file.write("nothing is lost")


def test_what_cannot_be_written() -> None:
    Path("folder.mp4").mkdir()
    with pytest.raises(BadInput, match="it is a folder"):
        check_writable(Path("folder.mp4"), overwrite=True)
    with pytest.raises(BadInput, match="there is no folder 'nowhere'"):
        check_writable(Path("nowhere/film.mp4"))
    with pytest.raises(BadInput, match=r"'in\.png' exists already, and 1 more"):
        check_free([Path("free"), Path("in.png"), Path("folder.mp4")])
    check_free([Path("in.png")], overwrite=True)


def test_a_file_that_failed_half_way_changes_nothing() -> None:
    Path("a.txt").write_bytes(OLD)
    with suppress(ZeroDivisionError), whole_file(Path("a.txt")) as part:
        part.write_bytes(b"half")
        raise ZeroDivisionError
    assert Path("a.txt").read_bytes() == OLD
    assert sorted(Path().iterdir()) == [Path("a.txt"), Path("in.png")]
