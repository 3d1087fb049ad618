"""Models changed during whole shows, by the real command: a bank, guests, files that are bad or turn bad."""

import os
import pickle
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tests.model import authors
from tests.running import Playing, film_frames, newest_frame, vj, vj_fails
from tests.waiting import until
from vj.base.clock import now
from vj.base.frame import Size
from vj.child.supervisor import Child, Limits
from vj.preset.preset import load
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

pytestmark = pytest.mark.show

SHOW = ("--headless", "--size", "320x180", "--model-size", "160x96", "--fps", "30", "--source", "pattern")
PLAIN = ("--runtime", "onnxruntime", "--set", "/layer/1/model/fade=0", "--set", "/layer/1/model/quality=full")
"""No timing of runtimes, and every change at once."""
MODEL, ENGINE = "/layer/1/model", "vj.model.engine.engine"
RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)

Picture = npt.NDArray[np.uint8]
Sees = Callable[[Picture], bool]


@pytest.fixture
def home(tmp_path: Path, style26_path: Path) -> dict[str, str]:
    """A library and a cache of the test's own, the 26 styles in it; as environment variables."""
    weights = tmp_path / "cache" / "vj" / "weights"
    weights.mkdir(parents=True)
    shutil.copy(style26_path, weights)
    (tmp_path / "library" / "models").mkdir(parents=True)
    return {"VJ_LIBRARY": str(tmp_path / "library"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def models(home: dict[str, str]) -> Path:
    """The library's folder of models."""
    return Path(home["VJ_LIBRARY"]) / "models"


@pytest.fixture
def play(tmp_path: Path, home: dict[str, str]) -> Iterator[Callable[..., Playing]]:
    """Starts a show with a bank of these models."""
    shows: list[Playing] = []

    def start(*bank: str | Path) -> Playing:
        named = [option for model in bank for option in ("--model", str(model))]
        shows.append(Playing(tmp_path, *SHOW, *PLAIN, *named, env=home))
        return shows[-1].wait_until_up()

    yield start
    for show in shows:
        show.close()


def tinted(path: Path, net: nn.Module, tint: tuple[int, int, int], white: float | None = None) -> Path:
    """A checkpoint whose pictures all have about that colour; its numbers go up to ``white``, or through a tanh."""
    authors.seeded(net)
    last = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)][-1]
    colour = torch.tensor(tint) / 255
    last.weight *= 0.02
    last.bias.copy_(colour * white if white else torch.atanh(colour * 2 - 1))
    torch.save(net.state_dict(), path)
    return path


def onnx_file(path: Path, *nodes: Any, **weights: npt.NDArray[np.float32]) -> Path:
    """A network of ``nodes`` from ``x`` to ``y``, in 0..1 on both sides."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 3, "h", "w")) for name in "xy"]
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    path.with_suffix(".toml").write_text('range = "0..1"\n')
    return path


def one_colour(path: Path, tint: tuple[int, int, int]) -> Path:
    """An ONNX file that gives that colour, and a little of the picture."""
    colour = (np.array(tint, np.float32) / 255).reshape(1, 3, 1, 1)
    nodes = [helper.make_node("Mul", ["x", "little"], ["a"]), helper.make_node("Add", ["a", "colour"], ["y"])]
    return onnx_file(path, *nodes, little=np.float32(0.05).reshape(()), colour=colour)


def is_tinted(tint: tuple[int, int, int]) -> Sees:
    """Whether all of a frame has about that colour."""
    return lambda frame: bool(np.abs(frame.mean((0, 1)) - tint).max() < 40 and frame.std((0, 1)).max() < 40)


def is_card(frame: Picture) -> bool:
    """Whether it is the test card as it is: its bars from white to blue."""
    bars = [frame[10, 22 + 45 * bar].astype(int) for bar in range(7)]
    wanted = 192 * np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]])
    return bool(np.abs(np.array(bars) - wanted).max() < 40)


def until_shown(show: Playing, sees: Sees, what: str) -> None:
    """The film can be read while it is being written: wait until its newest frame is such a one."""

    def newest() -> bool:
        assert show.process.poll() is None
        frame = newest_frame(show.film)
        return frame is not None and sees(frame)

    until(newest, what)


def plays(show: Playing, name: str) -> Callable[[], bool]:
    """Whether the show says that it plays that model."""
    return lambda: name.encode() + b"\0" in (show.ask(MODEL) or b"")


def choose(show: Playing, name: str) -> None:
    show.send(MODEL, name)
    until(plays(show, name), name)


def held(show: Playing) -> tuple[int, int]:
    """Child processes and pieces of shared memory of the show."""
    links = [os.readlink(link) for link in Path(f"/proc/{show.process.pid}/fd").iterdir() if link.is_symlink()]
    return len(show.children("vj.child")), sum("memfd" in link for link in links)


def assert_never_black(show: Playing) -> list[Picture]:
    frames = film_frames(show.film)
    assert min(frame.mean() for frame in frames) > 10
    return frames


def test_changes_inside_a_bank(tmp_path: Path, play: Callable[..., Playing]) -> None:
    tints = {"johnson": RED, "shoes": GREEN, "streets": BLUE}
    bank = (
        "identity",
        "style26",
        tinted(tmp_path / "johnson.pth", authors.FastStyle(False), RED, 255),
        tinted(tmp_path / "shoes.pth", authors.Unet(5, 2, "batch"), GREEN),
        tinted(tmp_path / "streets.pth", authors.Resnet(), BLUE),
    )
    show = play(*bank)
    before = held(show)
    names = [Path(model).stem for model in bank]
    chance = random.Random(5)
    current = names[0]
    for _ in range(24):
        current = chance.choice([name for name in names if name != current])
        choose(show, current)
        time.sleep(0.1)  # too short for some of them to be seen on a slow machine
    looks = {name: is_tinted(tint) for name, tint in tints.items()} | {"identity": is_card}
    looks["style26"] = lambda frame: not any(looks[name](frame) for name in (*tints, "identity"))
    for name in reversed(names):
        choose(show, name)
        until_shown(show, looks[name], f"{name} was never seen")
    assert held(show) == before
    report = show.stop()
    layer = report["layers"][0]
    assert (layer["model"]["fault"], layer["model"]["engines"], layer["refreshes"]["still"]) == ("", 1, 0)
    assert layer["model"]["bad"] == 0
    assert report["osc"]["refused"] == 0
    assert_never_black(show)


def test_a_guest_takes_over_and_comes_back_without_another_process(
    tmp_path: Path, models: Path, play: Callable[..., Playing]
) -> None:
    tinted(models / "guest.pth", authors.Resnet(), RED)
    show = play("identity")
    alone = held(show)
    choose(show, "guest")
    until_shown(show, is_tinted(RED), "the guest")
    switcher = show.children(ENGINE)
    assert len(switcher) == 2
    choose(show, "identity")
    until_shown(show, is_card, "the model before")
    choose(show, "guest")
    until_shown(show, is_tinted(RED), "the guest again")
    assert show.children(ENGINE) == switcher
    assert held(show) > alone
    layer = show.stop()["layers"][0]
    assert (layer["model"]["engines"], layer["model"]["fault"], layer["refreshes"]["still"]) == (2, "", 0)
    assert layer["model"]["notice"] == ""
    frames = assert_never_black(show)
    assert all(is_card(frame) or is_tinted(RED)(frame) for frame in frames)


class Code:
    """Pickled, it is a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def hostile(folder: Path, trap: Path) -> dict[str, str]:
    """Files that no show may load, and what is said of each."""
    (folder / "corrupt.pth").write_bytes(b"PK\x03\x04 and then nothing that a zip would hold" * 9)
    (folder / "code.pth").write_bytes(pickle.dumps(Code(f"touch {trap}")))
    torch.save({"a": torch.zeros(1).expand(2**15, 2**15)}, folder / "huge.pth")
    assert (folder / "huge.pth").stat().st_size < 2000
    model = onnx.load(one_colour(folder / "outside.onnx", RED))
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    (folder / "outside.onnx").write_bytes(model.SerializeToString())
    return {
        "corrupt.pth": "damaged",
        "code.pth": "no file of torch",
        "huge.pth": "declares the shape [32768, 32768]",
        "outside.onnx": "keeps 'colour' in another file",
    }


def assert_one_line(error: str, name: str, reason: str) -> None:
    assert name in error
    assert reason in error
    assert len(error.strip().splitlines()) == 1, "one clear line"


def test_hostile_files_are_refused_with_the_reason(
    tmp_path: Path, models: Path, home: dict[str, str], play: Callable[..., Playing]
) -> None:
    reasons = hostile(models, tmp_path / "trap")
    listed = vj("models", env=home)
    for name, reason in reasons.items():
        assert any(str(models / name) in line and reason in line for line in listed.splitlines()), name
    for name in ("code.pth", "outside.onnx"):
        assert_one_line(vj_fails("models", "inspect", str(models / name)), name, reasons[name])
        assert_one_line(vj_fails("run", *SHOW, "--model", str(models / name)), name, reasons[name])
    show = play("identity")
    for name in reasons:
        show.send(MODEL, Path(name).stem)
    until_shown(show, is_card, "a picture")
    assert plays(show, "identity")()
    assert len(show.children(ENGINE)) == 1
    report = show.stop()
    assert report["osc"]["refused"] == len(reasons)
    assert report["layers"][0]["model"]["title"] == "identity"
    assert all(map(is_card, film_frames(show.film)))
    assert not (tmp_path / "trap").exists(), "code in a file was run"


def test_a_file_that_turned_bad_since_the_start(models: Path, play: Callable[..., Playing]) -> None:
    path = one_colour(models / "mine.onnx", RED)
    show = play("identity")
    path.write_bytes(b"rubbish" * 100)
    show.send(MODEL, "mine")
    until(lambda: show.children(ENGINE)[1:], "the guest")
    until(plays(show, "identity"), "the name of before")
    until(lambda: len(show.children(ENGINE)) == 1, "the guest's end")
    until_shown(show, is_card, "the picture")
    layer = show.stop()["layers"][0]
    assert "mine" in layer["model"]["notice"]
    assert "mine.onnx" in layer["model"]["notice"]
    assert layer["model"]["engines"] == 1
    assert all(map(is_card, assert_never_black(show)))


NO_PICTURES: dict[str, list[Any]] = {
    "nan": [helper.make_node("Sub", ["x", "two"], ["a"]), helper.make_node("Sqrt", ["a"], ["y"])],
    "black": [helper.make_node("Sub", ["x", "two"], ["a"]), helper.make_node("Relu", ["a"], ["y"])],
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_never_shown(name: str, tmp_path: Path, play: Callable[..., Playing]) -> None:
    path = onnx_file(tmp_path / f"{name}.onnx", *NO_PICTURES[name], two=np.float32(2).reshape(()))
    red = one_colour(tmp_path / "red.onnx", RED)
    show = play(red, path)
    until_shown(show, is_tinted(RED), "the first model")
    show.send(MODEL, name)
    show.send("/layer/1/fit", "stretch")  # which shows in an answer once both have come
    until(lambda: b"stretch" in (show.ask("/layer/1/fit") or b""), "the message")
    until(plays(show, "red"), "the name of before")
    until_shown(show, is_tinted(RED), "the first model again")
    layer = show.stop()["layers"][0]
    assert layer["model"]["bad"] >= 3
    assert layer["model"]["fault"] == ""
    assert f"{name}: it gives no picture that could be shown" in layer["model"]["notice"]
    assert_never_black(show)


def test_a_guest_that_hangs_while_it_loads_is_given_up(
    tmp_path: Path, models: Path, home: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    tinted(models / "guest.pth", authors.Resnet(), RED)
    preset = tmp_path / "mine.toml"
    preset.write_text('[[layer]]\nsource = "pattern"\nmodel = "identity"\n')
    small = {"size": Size(320, 180), "model_size": Size(160, 96), "fps": 30.0}
    options = Options(headless=True, network_options=UNLISTED, autosave=0.0, runtime="onnxruntime", **small)
    with Show(load(str(preset)), options) as show:
        frame, layer = show.loop.frame, show.layers[0]
        show.loop.step.begin(now())
        show.stats.start()
        shown: list[Picture] = []

        def play() -> None:
            frame()
            shown.append(np.frombuffer(show.canvas.read(), np.uint8).reshape(180, 320, 3))

        def engines() -> list[Child]:
            return [child for child in show.children.supervisor._children if child.spec.name == "model"]

        (bank,) = engines()
        show.queue.put(MODEL, "guest")
        until(lambda: engines()[1:] and engines()[1].pid, "the guest", meanwhile=play)
        guest = engines()[1]
        maps = Path(f"/proc/{guest.pid}/maps")
        until(lambda: "libtorch" in maps.read_text(), "its loading", meanwhile=play)  # it has given signs of life
        os.kill(guest.pid or 0, signal.SIGSTOP)
        guest.limits = Limits(start=2.0)
        until(lambda: show.desk.values[MODEL] == "identity", "the name of before", meanwhile=play)
        until(lambda: engines() == [bank], "the guest's end", meanwhile=play)
        play()
        assert "guest: no sign of life" in layer.notice
        assert (layer.model.child.fault, len(layer.switcher.all)) == ("", 1)
        assert all(map(is_card, shown))
