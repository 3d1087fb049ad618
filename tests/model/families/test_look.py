"""Looks over time: files that are followed, crossfades, blends, and what can't be played."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.waiting import until
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import look as look_path
from vj.model.families.followed_files import FollowedFiles, Numbers
from vj.model.families.look import Look, LookMix
from vj.model.files import library
from vj.model.files.library import Entry
from vj.model.files.safetensors_file import encoded
from vj.model.nets.look import LookNet, flat
from vj.params.param import Value

SIZE = Size(32, 24)
DEFAULTS: dict[str, Value] = {param.name: param.default for param in Look.params} | {"fade": 1.0}


def painting(shade: float) -> LookNet:
    """A network that gives one shade of grey, whatever the picture."""
    net = LookNet((4, 6)).requires_grad_(False)
    for weight in net.parameters():
        weight.zero_()
    net.base.bias.fill_(shade)
    return net


def write(path: Path, net: LookNet) -> Path:
    """As the training writes it: whole, in place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("part").write_bytes(encoded(net.state_dict()))
    os.replace(path.with_name("part"), path)
    return path


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    return tmp_path


# files that are followed ----------------------------------------------------------------------------------------------


def number(path: Path) -> Numbers:
    try:
        return np.array([float(path.read_text())], np.float32)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name}: {error}") from None


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    files, path = FollowedFiles(number, in_thread=False), tmp_path / "a"
    assert files.newest("one", path) is None
    assert "No such file" in files.notice
    path.write_text("1")
    first = files.newest("one", path)
    assert first is not None
    assert (first[0], files.notice) == (1.0, "")
    assert files.newest("one", path) is first
    path.write_text("2.5")
    found = files.newest("one", path)
    assert found is not None
    assert found[0] == 2.5


@pytest.mark.parametrize("bad", ["", "half of i", None])
def test_a_file_that_can_not_be_read_leaves_what_was_there(bad: str | None, tmp_path: Path) -> None:
    files, path = FollowedFiles(number, in_thread=False), tmp_path / "a"
    path.write_text("1")
    good = files.newest("one", path)
    path.write_text(bad) if bad is not None else path.unlink()
    assert files.newest("one", path) is good
    assert files.notice.startswith("a: ")
    path.write_text("3")
    found = files.newest("one", path)
    assert found is not None
    assert (found[0], files.notice) == (3.0, "")


def test_only_what_is_asked_for_is_read_and_complained_of(tmp_path: Path) -> None:
    read: list[str] = []
    files = FollowedFiles(lambda path: (read.append(path.name), number(path))[1], in_thread=False)
    (tmp_path / "a").write_text("1")
    files.newest("one", tmp_path / "a")
    files.newest("two", tmp_path / "b")
    assert "b: " in files.notice
    files.newest("two", tmp_path / "a")
    assert files.notice == ""
    (tmp_path / "b").write_text("2")
    files.newest("one", tmp_path / "a")
    assert read == ["a", "b"]


def test_a_thread_follows_them_and_asking_never_waits(tmp_path: Path) -> None:
    gate = threading.Event()

    def slow(path: Path) -> Numbers:
        gate.wait(10)
        return number(path)

    files, path = FollowedFiles(slow), tmp_path / "a"
    path.write_text("1")
    files.start()
    assert files.newest("one", path) is None, "the disk is slow"
    gate.set()
    until(lambda: files.newest("one", path) is not None)
    path.write_text("22")
    until(lambda: (found := files.newest("one", path)) is not None and found[0] == 22.0)


def test_an_error_of_any_kind_does_not_end_the_thread(tmp_path: Path) -> None:
    def broken(path: Path) -> Numbers:
        if path.name == "bad":
            raise RuntimeError("out of order")
        return number(path)

    files = FollowedFiles(broken)
    files.start()
    (tmp_path / "good").write_text("1")
    files.newest("one", tmp_path / "bad")
    until(lambda: "out of order" in files.notice)
    until(lambda: files.newest("one", tmp_path / "good") is not None)


# the weights over time ------------------------------------------------------------------------------------------------


@pytest.fixture
def mix(tmp_path: Path) -> LookMix:
    """Of files with one number each; the model's own is 1."""
    (tmp_path / "own").write_text("1")
    (tmp_path / "two").write_text("2")
    (tmp_path / "five").write_text("5")
    made = LookMix(tmp_path / "own", FollowedFiles(number, in_thread=False), 1)
    made.warm()
    return made


def shown(mix: LookMix, now: float, **values: Value) -> float:
    given: Mapping[str, Value] = {"look": "", "look_2": "", "blend": 0.0, "fade": 1.0, **values}
    return float(mix.at(given, now)[0])


def test_the_first_picture_has_the_look_that_is_named(mix: LookMix, tmp_path: Path) -> None:
    assert shown(mix, 0.0, look=str(tmp_path / "two")) == 2.0


def test_another_look_is_faded_to(mix: LookMix, tmp_path: Path) -> None:
    assert shown(mix, 10.0) == 1.0
    wanted = [(10.25, 2.0), (10.5, 3.0), (11.0, 5.0), (12.0, 5.0)]
    assert [shown(mix, now, look=str(tmp_path / "five")) for now, _ in wanted] == [result for _, result in wanted]
    assert shown(mix, 12.5) == 3.0, "back to the model's own"
    assert shown(mix, 12.75, look=str(tmp_path / "five")) == 3.5, "from where the fade had got to"
    assert shown(mix, 20.0, look=str(tmp_path / "two"), fade=0.0) == 2.0


def test_newer_weights_of_the_same_look_are_soon_reached(mix: LookMix, tmp_path: Path) -> None:
    assert shown(mix, 1.0, fade=30.0) == 1.0
    (tmp_path / "own").write_text("9.00")
    assert 1.0 < shown(mix, 1.1, fade=30.0) < 9.0
    assert shown(mix, 1.5, fade=30.0) == 9.0


def test_two_looks_are_blended(mix: LookMix, tmp_path: Path) -> None:
    two, five = str(tmp_path / "two"), str(tmp_path / "five")
    assert shown(mix, 0.0, look=two, look_2=five) == 2.0
    assert shown(mix, 0.1, look=two, look_2=five, blend=0.5) == 3.5
    assert shown(mix, 0.2, look=two, look_2=five, blend=1.0) == 5.0
    assert shown(mix, 9.0, look=two, blend=0.0) == 2.0
    assert shown(mix, 19.0, look=two, blend=0.5) == 1.5, "the second is the model's own if none is named"


def test_a_look_that_is_not_there_leaves_what_plays(mix: LookMix, tmp_path: Path) -> None:
    two, gone = str(tmp_path / "two"), str(tmp_path / "gone")
    assert shown(mix, 0.0, look=two) == 2.0
    assert (shown(mix, 1.0, look=gone), shown(mix, 5.0, look=gone)) == (2.0, 2.0)
    assert "gone" in mix.notice
    (tmp_path / "gone").write_text("4")
    shown(mix, 6.0, look=gone)
    assert (shown(mix, 8.0, look=gone), mix.notice) == (4.0, "")


def test_nothing_is_made_from_picture_to_picture(mix: LookMix, tmp_path: Path) -> None:
    """Runtimes remember arrays by their addresses."""
    values: Mapping[str, Value] = {"look": str(tmp_path / "five"), "look_2": "", "blend": 0.5, "fade": 1.0}
    first = mix.at(values, 0.0)
    assert all(mix.at(values, 0.1 * step) is first for step in range(20))


def test_an_own_file_that_can_not_be_read_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("nothing")
    with pytest.raises(BadInput, match="own: "):
        LookMix(tmp_path / "own", FollowedFiles(number, in_thread=False), 1).warm()


# the model ------------------------------------------------------------------------------------------------------------


def model(path: Path) -> Look:
    from vj.model.files.checkpoint import recognise

    entry = Entry(path.stem, "look", {"model": path}, about={"model": recognise(path).to_json()})
    made = entry.make_model("torch", in_thread=False)
    assert isinstance(made, Look)
    return made


class Playing:
    """A model that plays a grey picture; calling it gives the mean shade of the result, 0..1."""

    def __init__(self, made: Look) -> None:
        self.model = made
        self.prepared = made.prepare(SIZE)
        self.picture: Pixels = np.full((SIZE.height, SIZE.width, 3), 99, np.uint8)

    def __call__(self, now: float, **values: Value) -> float:
        out = np.empty_like(self.picture)
        given = library.with_paths(DEFAULTS | values, Look.params)
        mean = self.prepared.run(self.picture, out, given, now)
        assert out.mean() / 255 == pytest.approx(mean, abs=0.01)
        return mean


@pytest.fixture
def playing(tmp_path: Path) -> Playing:
    write(look_path("bright"), painting(0.8))
    return Playing(model(write(tmp_path / "models" / "mine.safetensors", painting(0.2))))


def test_a_trained_look_is_played_by_its_name(playing: Playing) -> None:
    assert playing(0.0) == pytest.approx(0.2, abs=0.01)
    playing(1.0, look="bright")
    assert playing(3.0, look="bright") == pytest.approx(0.8, abs=0.01)
    assert playing(3.1, look="bright", look_2="", blend=0.5) == pytest.approx(0.5, abs=0.01)
    assert playing.model.notice == ""


def test_it_follows_the_training(playing: Playing) -> None:
    assert playing(0.0, look="bright") == pytest.approx(0.8, abs=0.01)
    for step, shade in enumerate((0.7, 0.4), start=1):
        write(look_path("bright"), painting(shade))
        playing(step, look="bright")
        assert playing(step + 0.5, look="bright") == pytest.approx(shade, abs=0.01)


def bad_files() -> dict[str, bytes | None]:
    whole = encoded(painting(0.5).state_dict())
    broken = painting(0.5)
    broken.base.bias[1] = float("nan")
    return {
        "there is none": None,
        "other channels": encoded(LookNet((8, 12)).state_dict()),
        "another network": encoded({"conv1.weight": torch.zeros(8, 3, 7, 7)}),
        "cut off": whole[: len(whole) * 2 // 3],
        "empty": b"",
        "no numbers": encoded(broken.state_dict()),
    }


@pytest.mark.parametrize("bad", bad_files())
def test_a_bad_look_is_refused_and_what_plays_goes_on(bad: str, playing: Playing) -> None:
    assert playing(0.0, look="bright") == pytest.approx(0.8, abs=0.01)
    content = bad_files()[bad]
    if content is not None:
        look_path("new").write_bytes(content)
    for now in (1.0, 5.0):
        assert playing(now, look="new") == pytest.approx(0.8, abs=0.01)
        assert "new" in playing.model.notice
    write(look_path("new"), painting(0.4))
    playing(6.0, look="new")
    assert (playing(8.0, look="new"), playing.model.notice) == (pytest.approx(0.4, abs=0.01), "")


@pytest.mark.parametrize("bad", bad_files())
def test_weights_that_go_bad_leave_the_last_good_ones(bad: str, playing: Playing) -> None:
    assert playing(0.0, look="bright") == pytest.approx(0.8, abs=0.01)
    content = bad_files()[bad]
    look_path("bright").unlink() if content is None else look_path("bright").write_bytes(content)
    assert playing(5.0, look="bright") == pytest.approx(0.8, abs=0.01)
    assert "bright" in playing.model.notice


def test_other_channels_are_named(playing: Playing) -> None:
    look_path("wide").write_bytes(encoded(LookNet((8, 12)).state_dict()))
    playing(0.0, look="wide")
    assert "its look has 8, 12 channels, not 4, 6 channels" in playing.model.notice
    playing(1.0, look="wade")
    assert "'wade' (did you mean 'wide'?)" in playing.model.notice


def test_all_looks_are_one_network(playing: Playing, tmp_path: Path) -> None:
    other = model(write(tmp_path / "other.safetensors", painting(0.6)))
    assert playing.model.named("").key == other.named("").key
    assert playing.model.named("").name == other.named("").name == "look"


def test_a_still_network_has_the_weights_of_the_look(playing: Playing) -> None:
    values = library.with_paths(DEFAULTS | {"look": "bright"}, Look.params)
    module = playing.model.still_network(values).module
    assert module is not None
    net = module()
    assert isinstance(net, LookNet)
    assert np.array_equal(flat(net), flat(painting(0.8)))
