"""The running state on disk: whole whatever happens, and no burden to the show."""

import gc
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.base.paths import PRESETS
from vj.show import autosave
from vj.show.autosave import Autosave, aside, crashed, latest, load, place

resource = pytest.importorskip("resource", reason="limits of files and kill -9 are POSIX's")

KILLS = 200

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
from vj.show.autosave import Autosave, load

path, kills = Path(sys.argv[1]), int(sys.argv[2])
number, before, unfinished = 0, 0, 0

def state():
    global number
    number += 1
    return {"number": number, "values": [number] * 500}

for _ in range(kills):
    child = os.fork()
    if not child:
        keeping = Autosave(path, state)
        while True:
            keeping.save()
    time.sleep(random.uniform(0.0, 0.02))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), status
    unfinished += path.with_name(path.name + ".new").exists()
    if path.exists() or path.with_name(path.name + ".old").exists():
        found = load(path).state
        assert found["values"] == [found["number"]] * 500, found
        assert found["number"] >= before, (before, found["number"])
        number = before = found["number"]
print(before, unfinished)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shows" / "show.json"


@pytest.fixture
def state() -> dict[str, object]:
    return {"values": {"/layer/1/opacity": 1.0, "/layer/1/model": "style26"}}


def saved_twice(path: Path) -> None:
    for number in (1, 2):
        assert Autosave(path, lambda number=number: {"number": number}).save()


def test_what_was_saved_is_loaded(path, state):
    keeping = Autosave(path, lambda: state)
    assert keeping.save()
    assert load(path) == (state, False, path)


def test_only_changes_are_written(path, state):
    keeping = Autosave(path, lambda: state)
    keeping.save()
    written = path.stat()
    assert not keeping.save()
    assert path.stat().st_mtime_ns == written.st_mtime_ns
    state["values"]["/layer/1/opacity"] = 0.5
    assert keeping.save()
    assert load(path).state == state


def test_the_thread_saves_what_changes(path, state):
    asked = threading.Event()

    def observed() -> dict[str, object]:
        asked.set()
        return dict(state)

    keeping = Autosave(path, observed, period=0.001)
    keeping.start()
    state["more"] = True
    for _ in range(2):  # the second look comes when the first is on disk
        asked.clear()
        assert asked.wait(100)
    asked.clear()
    assert asked.wait(100)
    assert load(path).state == state
    keeping.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "autosave"]


def test_an_end_in_order_is_told_from_a_crash(path, state):
    assert not crashed(path)
    keeping = Autosave(path, lambda: state)
    keeping.save()
    assert crashed(path)
    keeping.close()
    keeping.close()
    assert not crashed(path)
    assert load(path) == (state, True, path)
    Autosave(path, lambda: state).close(clean=False)
    assert crashed(path)


def test_a_show_in_which_nothing_was_done_leaves_the_crashed_one_s_state_alone(path, state):
    Autosave(path, lambda: state).save()
    idle = Autosave(path, lambda: {"values": {}}, period=60.0)
    idle.start()
    idle.close()
    assert crashed(path)
    assert load(path).state == state


def begun(path: Path, state: dict[str, object], **how: object) -> Autosave:
    keeping = Autosave(path, lambda: state, **{"period": 60.0, **how})
    keeping.start()
    return keeping


def test_what_crashed_is_put_aside_before_the_first_write_and_only_then(path, state):
    saved_twice(path)
    keeping = begun(path, state)
    assert keeping.crashed
    assert not aside(path).exists(), "nothing was done yet"
    for opacity in (0.1, 0.2):
        state["values"]["/layer/1/opacity"] = opacity
        assert keeping.save()
    assert load(aside(path)).state == {"number": 2}, "not the one that this show has saved first"
    keeping.close()
    assert load(path).state == state
    assert not load(aside(path)).ended


def test_of_what_is_no_longer_whole_the_one_before_is_put_aside(path, state):
    saved_twice(path)
    path.write_bytes(path.read_bytes()[:-9])
    keeping = begun(path, state)
    state["more"] = True
    keeping.close()
    assert load(aside(path)).state == {"number": 1}


def test_what_is_gone_on_from_or_came_to_its_end_is_not_put_aside(path, state):
    Autosave(path, lambda: {"number": 1}).save()
    for number, how in enumerate(({"goes_on": True}, {})):
        keeping = begun(path, state, **how)
        assert not keeping.crashed
        state["more"] = number
        keeping.close()
    assert load(path).state == state
    assert not aside(path).exists()


def test_a_disk_without_room_for_what_crashed_leaves_it_where_it_is(path, state):
    Autosave(path, lambda: {"number": 1}).save()
    aside(path).mkdir()  # nothing can be put there
    keeping = begun(path, state)
    state["more"] = True
    assert not keeping.save()
    assert "isn't saved" in keeping.notice
    assert load(path).state == {"number": 1}
    aside(path).rmdir()
    assert keeping.save()
    assert load(aside(path)).state == {"number": 1}
    keeping.close()


def test_without_a_period_nothing_is_written(path, state):
    Autosave(path, lambda: {"number": 1}).save()
    keeping = begun(path, state, period=0.0)
    state["more"] = True
    keeping.close()
    assert (keeping.crashed, keeping.notice) == (False, "")
    assert load(path).state == {"number": 1}
    assert crashed(path)


def test_nothing_saved_is_nothing_to_go_on_from(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert latest(None) is latest("default") is None
    place("default").parent.mkdir()
    place("default").write_text("no state")
    for show in (None, "default"):
        with pytest.raises(BadInput, match=r"default\.json: not a whole saved state"):
            latest(show)


def test_a_show_that_was_restored_and_left_so_has_ended_in_order(path, state):
    Autosave(path, lambda: state).save()
    resumed = Autosave(path, lambda: state, period=60.0)
    resumed.start()
    resumed.close()
    assert not crashed(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a whole saved state"),
        (b"\xff\xfe\x00", "not a whole saved state"),
        (b"[" * 100_000, "not a whole saved state"),
        (b"[1, 2]", "not a saved state"),
        (b'{"format": "vj state", "version": 2, "ended": true, "state": {}}', "version 2; this one reads 1"),
        (b'{"format": "vj state", "version": 1, "ended": true}', "without its state"),
        (b'{"format": "vj state", "version": 1, "ended": "no", "state": {}}', "without its state"),
        (b'{"format": "vj state", "version": 1, "ended": true, "state": {"a": NaN}}', "NaN is no value"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(path, content, reason):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"show.json: .*{reason}"):
        load(path)
    assert not crashed(path)


def test_a_file_that_is_too_large_is_not_even_parsed(path, monkeypatch):
    monkeypatch.setattr(autosave, "LARGEST", 1000)
    saved_twice(path)
    path.with_name("show.json.old").unlink()
    path.write_bytes(path.read_bytes() + b" " * 1000)
    with pytest.raises(BadInput, match="more than 1000 bytes"):
        load(path)


def test_every_cut_file_falls_back_on_the_one_before(path):
    saved_twice(path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        found = load(path)
        assert found.state == {"number": 1}
        assert found.path.name == "show.json.old"
    path.unlink()
    assert load(path).state == {"number": 1}


def test_a_file_that_is_missing_is_named(path):
    with pytest.raises(BadInput, match=r"can't read the saved state '.*show.json': No such file"):
        load(path)


def test_a_folder_that_can_not_be_is_a_notice_until_it_can(path, state):
    path.parent.write_text("a file where the folder should be")
    keeping = Autosave(path, lambda: state)
    assert not keeping.save()
    assert "isn't saved" in keeping.notice
    assert str(path) in keeping.notice
    path.parent.unlink()
    assert keeping.save()
    assert keeping.notice == ""


def test_a_disk_that_takes_no_more_keeps_the_last_state(path, state):
    keeping = Autosave(path, lambda: state)
    keeping.save()
    before = dict(state)
    state["much"] = "x" * 100_000
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))  # the system itself refuses, in mid-file
    try:
        assert not keeping.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large" in keeping.notice
    assert [file.name for file in path.parent.iterdir()] == ["show.json"]
    assert load(path).state == before
    assert keeping.save()


def test_a_state_beyond_all_bounds_is_not_written(path, state, monkeypatch):
    monkeypatch.setattr(autosave, "LARGEST", 1000)
    keeping = Autosave(path, lambda: state)
    keeping.save()
    state["much"] = "x" * 1000
    assert not keeping.save()
    assert "more than 1000" in keeping.notice
    assert "much" not in load(path).state


def test_what_is_no_json_is_a_mistake_of_ours(path):
    with pytest.raises(ValueError, match="Out of range"):
        Autosave(path, lambda: {"a": float("nan")}).save()


def test_a_large_state_is_encoded_like_any(path):
    large = {f"/layer/1/model/{number}": number / 7 for number in range(3000)}
    Autosave(path, lambda: {"values": large, "list": [1, "ü", None, True]}).save()
    assert load(path).state == {"values": large, "list": [1, "ü", None, True]}
    assert json.loads(path.read_bytes())["version"] == 1


def test_the_place_is_the_user_s_whatever_the_show_is_called(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = place("default").parent
    assert place("default").name == "default.json"
    for name in ("../../etc/passwd", "a/b", "..", "", "x" * 1000):
        assert place(name).parent == folder
        assert place(name).resolve().is_relative_to(folder.resolve())


def test_presets_of_one_name_have_a_place_each_and_those_by_name_keep_theirs(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)
    first, second = place(str(tmp_path / "a" / "show.toml")), place(str(tmp_path / "b" / "show.toml"))
    assert len({first, second, place("show")}) == 3
    assert first.name.startswith("show-")
    assert place("a/show.toml") == place("./b/../a/show.toml") == first
    assert place(str(PRESETS / "default.toml")) == place("default")
    assert place(str(tmp_path / "library" / "presets" / "show.toml")) == place("show")
    Autosave(first, lambda: {"number": 1}).save()
    assert autosave.latest("a/show.toml") == autosave.latest(None) == {"number": 1}
    assert autosave.latest("b/show.toml") is None


def test_kill_9_leaves_a_whole_state_old_or_new(path):
    """A real process that saves as fast as it can, really killed at any moment, 200 times."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(KILLS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    saves, unfinished = map(int, done.stdout.split())
    assert saves
    assert unfinished  # some were killed in the middle of a write


def test_a_kill_between_the_two_renames_leaves_a_state_that_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = place("default")
    for number in (1, 2):
        saver = Autosave(path, lambda number=number: {"number": number})
        saver.save()
    path.unlink()
    assert latest(None) == latest("default") == {"number": 1}


def test_of_two_shows_of_one_preset_the_first_one_is_saved(tmp_path):
    first, second = (Autosave(tmp_path / "x.json", lambda who=who: {"who": who}) for who in (1, 2))
    first.start()
    first.save()
    first._state = lambda: {"who": 1, "moving": True}
    assert first.save()
    second.start()
    assert "another show" in second.notice
    assert not second.crashed, "it plays"
    first._state = lambda: {"who": 1, "moved": True}
    second.close()
    first.close()
    assert load(tmp_path / "x.json").state == {"who": 1, "moved": True}
    third = Autosave(tmp_path / "x.json", dict)
    third.start()
    assert third.notice == ""
    third.close()


def test_saving_again_and_again_leaves_no_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which isn't collected in a show: what is left behind every five seconds fills the memory of a long one."""
    state = {"values": {"/a": 1.0, "/b": [1, "x", None, True]}, "play": {"snapshots": {"1": {"set": {"/a": 0.5}}}}}
    assert json.loads("".join(autosave._encoding(state))) == state
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            "".join(autosave._encoding(state))
        assert gc.collect() < 50
    finally:
        gc.enable()
    with pytest.raises(ValueError, match="JSON compliant"):
        "".join(autosave._encoding({"a": float("nan")}))
