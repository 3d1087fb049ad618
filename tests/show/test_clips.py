"""Clips launched in whole shows with real processes: films of several sizes and codecs, a still, bad files, columns."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.films import COLOURS, coloured, name_of
from tests.gl.objects import KINDS, on_the_card
from tests.waiting import until
from vj.base.clock import now
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.params.control_queue import Change
from vj.preset.preset import load
from vj.render.render import render
from vj.show.control_recording import read
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

pytestmark = pytest.mark.show

SIZE = Size(160, 96)
RAW = '[set]\n"/layer/1/model/strength" = 0.0\n'


class Stage:
    """A show that is played frame by frame."""

    def __init__(self, show: Show) -> None:
        self.show, self.layers = show, show.layers
        self.clips = self.layers[0].clips
        self.seen: list[str] = []
        show.loop.step.begin(now())
        show.stats.start()
        if show.loop.log:
            show.loop.log.begin(now())
        self.frame()

    def frame(self) -> None:
        self.show.loop.frame()
        self.seen.append(name_of(self.picture()))

    def fire(self, address: str) -> None:
        self.show.queue.put_change(Change(address, "fire"))
        self.frame()

    def put(self, address: str, value: object) -> None:
        self.show.queue.put(address, value)  # type: ignore[arg-type]
        self.frame()

    def until(self, true: Callable[[], object]) -> None:
        until(true, lambda: (self.clips.place, self.clips.notice, self.seen[-5:]), meanwhile=self.frame)

    def picture(self) -> np.ndarray:
        return np.frombuffer(self.show.canvas.read(), np.uint8).reshape(SIZE.height, SIZE.width, 3)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    coloured(tmp_path / "red.mp4", "red")
    coloured(tmp_path / "green.mkv", "green", (320, 180), "libx264")
    coloured(tmp_path / "blue.avi", "blue", (96, 96), "mjpeg")
    Image.new("RGB", (64, 48), COLOURS["yellow"]).save(tmp_path / "yellow.png")
    (tmp_path / "bad.mp4").write_bytes(b"no film at all")
    return tmp_path


BANK = ["movie:red.mp4", "movie:green.mkv", "movie:blue.avi", "still:yellow.png", "movie:bad.mp4"]


@pytest.fixture
def play(files: Path) -> Iterator[Callable[..., Stage]]:
    """Starts a show whose layers have these clips."""
    with ExitStack() as closing:

        def start(*banks: list[str], more: str = RAW, **options: object) -> Stage:
            layers = [f'[[layer]]\nclip = {json.dumps(bank)}\nmodel = "identity"\n' for bank in banks]
            (files / "clips.toml").write_text("".join(layers) + more)
            fixed = {"headless": True, "network_options": UNLISTED, "autosave": 0.0, "size": SIZE, "fps": 60.0}
            show = Show(load(str(files / "clips.toml")), Options(**{**fixed, **options}))  # type: ignore[arg-type]
            return Stage(closing.enter_context(show))

        yield start


def test_a_clip_that_waits_is_seen_in_the_frame_of_its_launch(play: Callable[..., Stage]) -> None:
    stage = play(BANK)
    stage.until(lambda: stage.clips.warm == {1, 2, 3, 4} and stage.seen[-1] == "red")
    for place, colour in ((2, "green"), (4, "yellow"), (3, "blue"), (1, "red"), (3, "blue")):
        stage.fire(f"/layer/1/clip/{place}")
        assert (stage.seen[-1], stage.clips.place) == (colour, place)
        before = stage.layers[0].source.output.published
        stage.until(lambda before=before: stage.layers[0].source.output.published > before + 3)  # type: ignore[misc]
        stage.until(lambda: stage.clips.warm == {1, 2, 3, 4})
    assert set(stage.seen) == {"red", "green", "yellow", "blue"}, "never black"
    assert stage.layers[0].pictures.torn == 0
    assert stage.layers[0].rungs["still"] == 0


def test_a_film_is_launched_at_its_in_point_each_time(play: Callable[..., Stage]) -> None:
    stage = play(["movie:red.mp4", "movie:green.mkv", "movie:green.mkv"], more=RAW + '"/layer/1/clip/2/in" = 0.8\n')
    stage.until(lambda: stage.clips.warm == {1, 2, 3})
    for _ in range(2):
        stage.fire("/layer/1/clip/2")
        dark = int(stage.picture()[48, 80, 1])
        stage.until(lambda: 3 in stage.clips.warm)
        stage.fire("/layer/1/clip/3")
        assert int(stage.picture()[48, 80, 1]) > dark + 25, "it gets darker from its beginning on"
        before = stage.layers[0].source.output.published
        stage.until(lambda before=before: stage.layers[0].source.output.published > before + 8)  # type: ignore[misc]
        stage.until(lambda: 2 in stage.clips.warm)


def test_the_model_s_picture_stays_until_that_of_the_next_clip_is_there(play: Callable[..., Stage]) -> None:
    stage = play(BANK, more="")
    stage.until(lambda: {1, 2, 3} <= stage.clips.warm and stage.layers[0].rung == "model")
    stage.fire("/layer/1/clip/2")
    stage.until(lambda: stage.seen[-1] == "green")
    stage.put("/layer/1/clip", 3)
    stage.until(lambda: stage.seen[-1] == "blue")
    assert set(stage.seen[-60:]) <= {"red", "green", "blue", "yellow"}


def test_one_that_can_not_be_opened_changes_nothing(play: Callable[..., Stage], files: Path) -> None:
    stage = play(BANK)
    stage.until(lambda: stage.seen[-1] == "red")
    stage.fire("/layer/1/clip/5")
    stage.until(lambda: "bad.mp4" in stage.clips.notice)
    assert (stage.clips.place, stage.seen[-1]) == (1, "red")
    stage.frame()
    assert stage.show.desk.store.targets["/layer/1/clip"] == 1
    stage.put("/layer/1/clip/7/source", f"movie:{files / 'absent.mp4'}")
    stage.fire("/layer/1/clip/7")
    stage.until(lambda: "absent.mp4" in stage.clips.notice)
    assert set(stage.seen) <= {"red"}


def test_a_column_launches_every_layer_and_one_film_is_opened_once(play: Callable[..., Stage]) -> None:
    stage = play(["movie:red.mp4", "movie:green.mkv"], ["movie:blue.avi", "movie:green.mkv"], ["still:yellow.png"])
    stage.until(lambda: all(2 in layer.clips.warm for layer in stage.layers[:2]))
    stage.fire("/column/2")
    assert [layer.clips.place for layer in stage.layers] == [2, 2, 1]
    assert stage.layers[0].source is stage.layers[1].source
    stage.until(lambda: stage.layers[1].model.output.published > 3 and stage.layers[0].source.output.published > 8)
    assert [layer.pictures.torn for layer in stage.layers] == [0, 0, 0]
    lit = stage.show.desk.indicators
    assert {"/layer/1/clip/2", "/layer/2/clip/2", "/column/2", "/layer/3/clip/1"} <= lit.on
    assert "/layer/3/clip/2" not in lit.there


def test_a_dropped_film_becomes_a_clip_and_plays(play: Callable[..., Stage], files: Path) -> None:
    stage = play(["movie:red.mp4", "", "movie:blue.avi"])
    stage.show.loop.file_drop.use_files([str(files / "green.mkv")])
    stage.until(lambda: stage.seen[-1] == "green")
    assert (stage.clips.place, stage.clips.places[2]) == (2, f"movie:{files / 'green.mkv'}")


def test_a_show_begins_with_the_clip_that_it_was_saved_with(play: Callable[..., Stage]) -> None:
    stage = play(BANK, more=RAW + '"/layer/1/clip" = 3\n')
    assert (stage.clips.place, stage.clips.wanted) == (3, 3)
    stage.until(lambda: {2, 3, 4} <= stage.clips.warm)
    assert set(stage.seen) == {"blue"}


def test_a_restored_show_has_what_was_added_and_plays_it(play: Callable[..., Stage], files: Path) -> None:
    added = f"movie:{files / 'green.mkv'}"
    values = {"/layer/1/clip": 9, "/layer/1/clip/9/source": added, "/layer/1/clip/9/speed": 0.5}
    stage = play(BANK[:1], restored={"values": values})
    assert (stage.clips.place, stage.clips.places[9]) == (9, added)
    stage.until(lambda: stage.clips.warm == {1, 9})
    assert set(stage.seen) == {"green"}


def test_a_live_clip_is_no_trouble_for_rendering_until_it_is_launched(files: Path) -> None:
    bank = ["movie:red.mp4", "camera", "movie:green.mkv"]
    (files / "clips.toml").write_text(f'[[layer]]\nclip = {json.dumps(bank)}\nmodel = "identity"\n{RAW}')
    show = {
        "vj": "control",
        "version": 1,
        **load(str(files / "clips.toml")).described(),
        "size": str(SIZE),
        "fps": 10.0,
    }
    lines = [show, {"t": 0.2, "c": [["/layer/1/clip/3", "fire", 0.0, 0.0]]}, {"t": 0.5}]
    (files / "good.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert render(files / "good.jsonl", files / "good").frames == 6
    colours = [name_of(np.asarray(Image.open(path))) for path in sorted((files / "good").iterdir())]
    assert colours == ["red"] * 2 + ["green"] * 4, "in the very frame"
    lines.insert(2, {"t": 0.4, "v": {"/layer/1/clip": 2}})
    (files / "live.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(Unavailable, match=r"at 0.40 s the show plays camera in layer 1, which is live"):
        render(files / "live.jsonl", files / "live")


def test_what_was_launched_is_rendered_the_same_twice(play: Callable[..., Stage], files: Path) -> None:
    stage = play(BANK, log_control=files / "log.jsonl", fps=30.0)
    stage.until(lambda: stage.clips.warm == {1, 2, 3, 4})
    for place in (2, 3):
        stage.fire(f"/layer/1/clip/{place}")
        for _ in range(10):
            stage.frame()
    stage.show.loop.file_drop.use_files([str(files / "yellow.png"), str(files / "red.mp4")])
    stage.until(lambda: stage.clips.place == 6)
    assert stage.show.loop.log
    stage.show.loop.log.close()
    assert any("/layer/1/clip/6/source" in batch.values for _, batch in read(files / "log.jsonl").batches)
    for name in ("one", "two"):
        render(files / "log.jsonl", files / name, size=SIZE, fps=30.0)
    one, two = ([path.read_bytes() for path in sorted((files / name).iterdir())] for name in ("one", "two"))
    assert one == two
    colours = [name_of(np.asarray(Image.open(path))) for path in sorted((files / "one").iterdir())]
    assert list(dict.fromkeys(colours)) == ["red", "green", "blue"]
    assert colours[-1] == "red"


def test_what_comes_and_goes_leaves_nothing_behind_on_the_card(play: Callable[..., Stage]) -> None:
    stage, found = play(BANK[:2]), []
    composition = {"blend": "screen", "mask": "moving", "key": "luma", "transition": "dissolve"}
    for _ in range(3):
        stage.show.queue.put_change(Change("/show/layer/add", "fire", text="pattern"))
        stage.until(lambda: len(stage.layers) == 2 and not stage.layers[1].is_awaited)
        for name in ("trails", "bloom"):
            stage.show.queue.put_change(Change("/layer/2/effect/add", "fire", text=name))
        stage.until(lambda: all(stage.layers[1].effects.isf(name) for name in ("trails", "bloom")))
        for name, value in composition.items():
            stage.put(f"/layer/2/{name}", value)
        for place in (2, 1):
            stage.until(lambda: {1, 2} <= stage.clips.warm)
            stage.fire(f"/layer/1/clip/{place}")
        stage.show.queue.put_change(Change("/show/layer/remove", "fire", text="2"))
        stage.until(lambda: len(stage.layers) == 1)
        stage.frame()
        found.append({kind: on_the_card(kind) for kind in KINDS})
    assert found[1:] == found[:-1]
