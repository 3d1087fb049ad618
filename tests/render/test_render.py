"""A recorded show rendered again: the same pictures every time, each change in the very frame of its time."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.conftest import CLIP
from tests.running import film_frames, read_counter
from vj.base.convert import resize
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Size
from vj.model.engine.bank import PatientBank, PreparedKey
from vj.model.files import library
from vj.model.files.library import Entry
from vj.model.runtime import cards
from vj.preset.preset import load
from vj.render import render as render_module
from vj.render.output import open_output
from vj.render.render import render

SIZE, FPS = Size(160, 90), 12.0
MODEL = "/layer/1/model"
Mails = Sequence[dict[str, Any]]
Pictures = list[npt.NDArray[np.uint8]]

SHOW: Mails = (
    {"t": 0.0, "v": {"/clock/bpm": 150.0, "/modulate/1/to": f"{MODEL}/strength", "/modulate/1/polarity": "both"}},
    {"t": 0.2, "v": {f"{MODEL}/style": "ink", f"{MODEL}/fade": 0.3}, "s": [0.5, 0, 0.9, 0, 0, 0.3, 1, 0, 3, 1]},
    {"t": 0.31, "v": {"/modulate/1/sync": True, "/modulate/1/beats": 1.0}},
    {"t": 0.4, "c": [["/clock/tap", "fire", 1.0, 0.39]], "b": {"midi": [0.39, 1.0, 130.0, True]}},
    {"t": 0.7, "c": [["/layer/1/source/seek", "fire", 0.5, 0.7]]},
    {"t": 0.9, "c": [["/layer/1/bank/2", "fire", 1.0, 0.9]]},
    {"t": 1.1, "v": {MODEL: "style26"}, "c": [[f"{MODEL}/strength", "add", -0.3, 0.0]]},
    {"t": 1.3, "v": {"/layer/1/source/speed": -2.0}, "c": [["/random/go", "fire", 1.0, 1.3]]},
    {"t": 2.0},
)
"""A bit of everything that hands, beats and sounds do."""


def write(path: Path, batches: Mails, **header: Any) -> Path:
    """A control recording as a show would have written it; its models are identity, then style26."""
    told = {
        "preset": str(CLIP.parents[1] / "default.toml"),
        "layers": [{"sources": [f"movie:{CLIP}"], "bank": ["identity", "style26"]}],
        "values": {},
        "size": str(SIZE),
        "model_size": str(SIZE),
        "fps": FPS,
    }
    lines = [{"vj": "control", "version": 1, **told, **header}, *batches]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def with_bank(*names: str) -> dict[str, Any]:
    return {"layers": [{"sources": [f"movie:{CLIP}"], "bank": list(names)}]}


def pictures(folder: Path) -> Pictures:
    return [np.asarray(Image.open(path)) for path in sorted(folder.iterdir())]


def rendered(folder: Path, batches: Mails, header: dict[str, Any] | None = None, **wanted: Any) -> Pictures:
    output = folder / f"pictures{len(list(folder.iterdir()))}"
    render(write(folder / "show.jsonl", batches, **(header or {})), output, **wanted)
    return pictures(output)


def first_change(one: Pictures, other: Pictures) -> int:
    """The number of the first picture in which they differ."""
    assert len(one) == len(other)
    return next(number for number, (a, b) in enumerate(zip(one, other, strict=True)) if not np.array_equal(a, b))


def dark(pictures: Pictures) -> list[int]:
    return [number for number, picture in enumerate(pictures) if not picture.any()]


def test_the_same_in_another_process(tmp_path: Path, style26_path: Path) -> None:
    here = rendered(tmp_path, SHOW, with_bank("style26", "identity"))
    code = (
        "import sys; from pathlib import Path; from vj.render.render import render;"
        "render(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    arguments = (str(tmp_path / "show.jsonl"), str(tmp_path / "there"))
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    there = pictures(tmp_path / "there")
    assert len(here) == len(there) == 25
    assert all(np.array_equal(a, b) for a, b in zip(here, there, strict=True))
    assert len({picture.tobytes() for picture in here}) > 20  # and a show at that, no still


def test_a_film_of_the_same_pictures_is_the_same_file(tmp_path: Path) -> None:
    seen = film_frames(CLIP)[:30]
    for number in range(6):
        with open_output(tmp_path / f"{number}.mp4", Size(320, 180), 25.0) as film:
            for picture in seen:
                film.add(resize(picture, Size(320, 180)))
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize(
    ("models", "at", "change"),
    [
        (("style26",), 6, {"v": {f"{MODEL}/style": "ink", f"{MODEL}/fade": 0.0}}),
        (("style26",), 5, {"v": {f"{MODEL}/strength": 0.2}}),
        (("identity",), 7, {"c": [["/layer/1/source/seek", "fire", 0.7, 0.0]]}),
        (("identity", "style26"), 6, {"c": [["/layer/1/bank/2", "fire", 1.0, 0.0]]}),
        (("style26",), 6, {"v": {MODEL: "identity"}}),
        (("identity",), 5, {"v": {"/modulate/1/to": "/master/opacity", "/modulate/1/depth": -1.0}}),
    ],
    ids=["style", "strength", "seek", "bank", "guest", "modulation"],
)
def test_changes_come_in_the_frame_of_their_time(
    models: tuple[str, ...], at: int, change: dict[str, Any], tmp_path: Path, style26_path: Path
) -> None:
    """Told half a frame earlier, or at that very moment."""
    header = with_bank(*models) | {"values": {f"{MODEL}/fade": 0.0}}
    end = {"t": (at + 1) / FPS}
    left_alone = rendered(tmp_path, [end], header)
    for told in (at, at - 0.5):
        moved = rendered(tmp_path, [{"t": told / FPS, **change}, end], header)
        assert first_change(left_alone, moved) == at


def test_what_waits_for_the_beat_comes_on_the_beat(tmp_path: Path) -> None:
    values = {"/clock/bpm": 120.0, "/clock/quantise": "beat", f"{MODEL}/fade": 0.0}
    header = with_bank("identity", "style26") | {"values": values}
    left_alone = rendered(tmp_path, [{"t": 0.6}], header)
    fired = {"t": 0.1, "c": [["/layer/1/bank/2", "fire", 1.0, 0.1]]}
    assert first_change(left_alone, rendered(tmp_path, [fired, {"t": 0.6}], header)) == 6  # 0.5 s


def test_another_rate_or_size_has_the_same_timeline(tmp_path: Path) -> None:
    batches: Mails = (
        {"t": 0.25, "v": {"/master/blackout": True}},
        {"t": 0.5, "v": {"/master/blackout": False}},
        {"t": 0.56, "v": {"/layer/1/source/speed": 2.0}},
        {"t": 0.7, "c": [["/layer/1/source/seek", "fire", 0.6, 0.7]]},
        {"t": 1.0},
    )
    usual = rendered(tmp_path, batches)
    twice = rendered(tmp_path, batches, fps=24.0)
    large = rendered(tmp_path, batches, size=Size(320, 180))
    assert dark(usual) == dark(large) == [3, 4, 5]
    assert (len(usual), len(twice)) == (13, 25)
    assert all(np.array_equal(a, b) for a, b in zip(usual, twice[::2], strict=True))
    assert large[0].shape == (180, 320, 3)


def test_the_original_size_of_the_model(tmp_path: Path, style26_path: Path) -> None:
    """Whatever rate the show had to hold, and however slow this machine is."""
    header = with_bank("style26") | {"values": {f"{MODEL}/rate": 120.0}}
    large = Size(320, 180)
    done = render(write(tmp_path / "s", [{"t": 0.3}], **header), tmp_path / "out", size=large, model_size=large)
    assert done.runtimes["style26"].startswith("320x180, ")
    assert done.frames == 5  # up to the one that shows what was told last


def test_a_model_with_a_pace_of_its_own_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In frames that come as fast: each has a picture of its own, however times are rounded."""
    monkeypatch.setattr("vj.model.families.identity.Identity.pace", lambda model, values: 30.0)
    seen = rendered(tmp_path, [{"t": 1.0}], with_bank("identity"), fps=30.0, source="pattern")
    assert [read_counter(picture) for picture in seen] == list(range(31))


def test_layers_lie_over_each_other(tmp_path: Path) -> None:
    upper = {"sources": ["pattern"], "bank": ["identity"]}
    header = {"layers": [*with_bank("identity")["layers"], upper], "values": {"/layer/2/opacity": 0.0}}
    alone = rendered(tmp_path, [{"t": 0.5}], with_bank("identity"))
    under = rendered(tmp_path, [{"t": 0.25, "v": {"/layer/2/opacity": 1.0}}, {"t": 0.5}], header)
    assert first_change(alone, under) == 3
    assert read_counter(under[-1]) == len(under) - 1


def test_a_painting_is_there_in_the_frame_it_is_asked_for(tmp_path: Path) -> None:
    """And not whenever a thread has looked at it."""
    header = with_bank("painting") | {"values": {f"{MODEL}/fade": 0.0}}
    asked: Mails = ({"t": 0.25, "v": {f"{MODEL}/style_image": "swirling_night.jpg"}}, {"t": 0.4})
    left_alone, one, other = (rendered(tmp_path, batches, header) for batches in (asked[1:], asked, asked))
    assert first_change(left_alone, one) == 3
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_picture_may_lie_anywhere(tmp_path: Path) -> None:
    """As one that was dropped on the window does."""
    dropped = {"t": 0.1, "v": {f"{MODEL}/style_image": str(CLIP.parents[1] / "paintings" / "swirling_night.jpg")}}
    assert len(rendered(tmp_path, [dropped], with_bank("painting", "identity"))) == 3


def test_without_a_model_size_in_the_recording_it_is_that_of_a_show_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "cards", lambda: [cards.Card("cuda", "made up", "1.0")])
    large, zoom = Size(1920, 1080), load("dream-zoom")
    assert render_module._Header(Path(), {}).model_size(zoom, large, "auto") == large
    assert render_module._Header(Path(), {}).model_size(zoom, large, "torch") == Size(512, 288)
    assert render_module._Header(Path(), {"model_size": "640x360"}).model_size(zoom, large, "auto") == Size(640, 360)
    assert render_module._Header(Path(), {}).fps(zoom) == 30.0


def test_quitting_ends_it(tmp_path: Path) -> None:
    quits = {"t": 0.25, "c": [["/show/quit", "fire", 1.0, 0.25]]}
    assert len(rendered(tmp_path, [quits, {"t": 1.0}])) == 4


def test_as_long_as_asked_for(tmp_path: Path) -> None:
    assert len(rendered(tmp_path, (), seconds=0.5)) == 6


def test_a_film(tmp_path: Path) -> None:
    out = tmp_path / "show.mp4"
    told: list[float | None] = []
    recording = write(tmp_path / "show.jsonl", [{"t": 0.5, "v": {"/master/blackout": True}}])
    done = render(recording, out, fps=23.976, progress=lambda doing, part: told.append(part))
    frames = film_frames(out)
    assert len(frames) == done.frames == 13
    assert told[-1] == 1.0
    assert frames[0].shape == (90, 160, 3)
    assert frames[0].max() > 150
    assert frames[-2].max() > 150
    assert frames[-1].max() < 50
    assert not list(tmp_path.glob(".*"))


def test_a_film_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    recording, film = write(tmp_path / "show.jsonl", [{"t": 0.1}]), tmp_path / "show.mp4"
    film.write_bytes(b"hours of work")
    with pytest.raises(BadInput, match=r"show\.mp4' exists already.*show-2\.mp4"):
        render(recording, film)
    assert film.read_bytes() == b"hours of work"
    assert sorted(tmp_path.iterdir()) == [recording, film]
    render(recording, film, overwrite=True)
    assert len(film_frames(film)) > 0
    assert sorted(tmp_path.iterdir()) == [recording, film]


def test_a_folder_that_is_replaced_keeps_no_pictures_of_before(tmp_path: Path) -> None:
    recording, folder = write(tmp_path / "show.jsonl", [{"t": 0.1}]), tmp_path / "show"
    folder.mkdir()
    for name in ("000000.png", "000099.png", "notes.txt"):
        (folder / name).write_bytes(b"old")
    with pytest.raises(BadInput, match=r"exists already, and 2 more.*show-2'"):
        render(recording, folder)
    assert {path.read_bytes() for path in folder.iterdir()} == {b"old"}
    done = render(recording, folder, overwrite=True)
    wanted = [f"{number:06d}.png" for number in range(done.frames)]
    assert sorted(path.name for path in folder.iterdir()) == [*wanted, "notes.txt"]


def test_a_shuffled_slide_show_is_the_same_again(tmp_path: Path) -> None:
    slides = tmp_path / "slides"
    slides.mkdir()
    for number in range(8):
        Image.new("RGB", (64, 36), (30 * number, 255 - 30 * number, 90)).save(slides / f"{number}.png")
    wanted = {"dwell": 0.15, "fade": 0.1, "shuffle": True}
    header = with_bank("identity") | {"values": {f"/layer/1/source/{name}": value for name, value in wanted.items()}}
    header["layers"][0]["sources"] = [f"folder:{slides}"]
    batches: Mails = ({"t": 0.4, "c": [["/layer/1/source/next", "fire", 1.0, 0.4]]}, {"t": 1.5})
    one, other = rendered(tmp_path, batches, header), rendered(tmp_path, batches, header)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert len({picture.tobytes() for picture in one}) > 8


def test_another_source_stands_in_for_a_camera(tmp_path: Path) -> None:
    """What was done to the camera alone is left out."""
    header = {"layers": [{"sources": ["camera", "folder:slides"], "bank": ["identity"]}], "playing": ["camera:0"]}
    batches: Mails = ({"t": 0.2, "c": [["/layer/1/source/next", "fire", 1.0, 0.2]]},)
    assert len(rendered(tmp_path, batches, header, source="pattern")) == 4
    with pytest.raises(BadInput, match=r"layer 1 shows camera:0, which is live .* say --source movie:FILE"):
        render(tmp_path / "show.jsonl", tmp_path / "again")


def test_a_model_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Entry, "present", property(lambda entry: entry.name != "vintage"))
    with pytest.raises(Unavailable, match=r"at 0\.08 s the show plays vintage, .* vj models fetch vintage"):
        rendered(tmp_path, [{"t": 0.05, "v": {MODEL: "vintage"}}, {"t": 1.0}])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("show.gif", r"choices: a file ending in \.mp4, \.mov, \.mkv, or a folder"),
        ("nowhere/show.mp4", "there is no folder"),
        ("nowhere/show", "there is no such folder"),
        (".", "exists already"),
    ],
)
def test_outputs_that_cannot_be_written(name: str, why: str, tmp_path: Path) -> None:
    recording = write(tmp_path / "show.jsonl", [{"t": 0.1}])
    with pytest.raises(BadInput, match=why):
        render(recording, tmp_path / name)
    assert list(tmp_path.iterdir()) == [recording]


@pytest.mark.parametrize(
    ("header", "batches", "why"),
    [
        ({"fps": 0}, [{"t": 1.0}], "fps 0 is not 1..240"),
        ({"size": "big"}, [{"t": 1.0}], "size 'big' is not WIDTHxHEIGHT"),
        ({"values": 3}, [{"t": 1.0}], "3 is no table"),
        ({"values": {"/no/such": 1.0}}, [{"t": 1.0}], "/no/such"),
        ({"layers": 1}, [{"t": 1.0}], "no description of a show"),
        ({"vj": "else"}, [{"t": 1.0}], "no control recording"),
        (with_bank("nothing-of-this-name"), [{"t": 1.0}], "nothing-of-this-name"),
        ({}, [{"t": 1.0, "v": {"/no/such": 1.0}}], "/no/such"),
        ({}, [], "holds nothing that happened; say how long with --seconds"),
    ],
)
def test_recordings_that_are_none(header: dict[str, Any], batches: Mails, why: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=why):
        render(write(tmp_path / "show.jsonl", batches, **header), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_film_that_failed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Entry, "present", property(lambda entry: entry.name != "vintage"))
    recording = write(tmp_path / "show.jsonl", [{"t": 0.1, "v": {MODEL: "vintage"}}, {"t": 1.0}])
    with pytest.raises(Unavailable):
        render(recording, tmp_path / "show.mp4")
    assert list(tmp_path.iterdir()) == [recording]


def test_a_guest_that_fails_leaves_what_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("no good")

    monkeypatch.setattr("vj.model.families.style26.Style26.prepare", refuse)
    recording = write(tmp_path / "s", [{"t": 0.1, "v": {MODEL: "style26"}}, {"t": 0.5}], **with_bank("identity"))
    done = render(recording, tmp_path / "out")
    assert list(done.runtimes) == ["identity"]
    assert done.notices[-1] == "style26: no good"


def test_a_patient_bank_prepares_what_is_wanted_and_takes_no_time() -> None:
    bank = PatientBank([library.find("identity")], "auto")
    key = PreparedKey("identity", SIZE, "", exact=False)
    assert bank.ask(key) is None
    assert bank.ready(key) is None
    ready = bank.ask(key, first=True)
    assert ready
    assert ready is bank.ready(key)
    assert ready.seconds == 0.0
    assert not bank.busy_for


def command(at: float, *commands: str, **values: object) -> dict[str, Any]:
    """A line of a recording with triggers that take a text, each ``ADDRESS TEXT``."""
    changes = [[address, "fire", 0.0, 0.0, text] for address, _, text in (one.partition(" ") for one in commands)]
    return {"t": at / FPS, "c": changes, "v": values}


def test_effects_come_move_and_go_in_the_frame_of_their_command(tmp_path: Path) -> None:
    chain = "/layer/1/effect"
    show = [
        command(3, f"{chain}/add invert"),
        {"t": 5 / FPS, "v": {f"{chain}/invert/mix": 0.5}},
        command(6, "/master/effect/add mirror", f"{chain}/add posterise"),
        command(8, f"{chain}/move posterise 1"),
        command(9, f"{chain}/remove invert", f"{chain}/remove posterise", "/master/effect/remove mirror"),
        {"t": 10 / FPS},
    ]
    header = with_bank("identity") | {"layers": [{"sources": ["pattern"], "bank": ["identity"]}]}
    plain = rendered(tmp_path, [{"t": 10 / FPS}], header)
    once, again = (rendered(tmp_path, show, header) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    same = [number for number, (a, b) in enumerate(zip(plain, once, strict=True)) if np.array_equal(a, b)]
    assert same == [0, 1, 2, 9, 10]
    assert np.abs(once[3].astype(int) - (255 - plain[3].astype(int))).max() <= 2
    begun = rendered(tmp_path, [{"t": 1 / FPS}], header | {"effects": ["invert"]})
    assert np.abs(begun[0].astype(int) - (255 - plain[0].astype(int))).max() <= 2


def test_an_effect_that_is_not_there_changes_nothing_and_is_told(tmp_path: Path) -> None:
    header = {"layers": [{"sources": ["pattern"], "bank": ["identity"]}]}
    show = write(tmp_path / "show.jsonl", [command(1, "/layer/1/effect/add nope"), {"t": 2 / FPS}], **header)
    assert "unknown shader 'nope'" in render(show, tmp_path / "out").notices[0]


def test_layers_come_move_and_go_in_the_frame_of_their_command(tmp_path: Path) -> None:
    still = "still:noise.jpg"
    show = [
        command(3, f"/show/layer/add {still}"),
        {"t": 5 / FPS, "v": {"/layer/2/opacity": 0.5, "/layer/2/model/strength": 0.0}},
        command(7, "/layer/2/effect/add invert"),
        command(8, "/show/layer/move 2 1"),
        command(9, "/show/layer/move 1 1"),
        command(10, "/show/layer/remove 2", "/layer/2/effect/add invert"),
        {"t": 11 / FPS},
    ]
    header = {"layers": [{"sources": ["pattern"], "bank": ["identity"]}]}
    plain = rendered(tmp_path, [{"t": 11 / FPS}], header)
    once, again = (rendered(tmp_path, show, header) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    same = [number for number, (a, b) in enumerate(zip(plain, once, strict=True)) if np.array_equal(a, b)]
    assert same == [0, 1, 2, 8, 10, 11]  # at 8 the pattern covers it


def test_a_steadied_show_is_the_same_each_time(tmp_path: Path) -> None:
    def steadied(how: str) -> Pictures:
        shown: Mails = ({"t": 0.0, "v": {f"{MODEL}/steady": how, MODEL: "style26"}}, {"t": 0.6})
        return rendered(tmp_path, shown, with_bank("style26"))

    one, other, plain = steadied("on"), steadied("on"), steadied("auto")
    assert all(map(np.array_equal, one, other))
    apart = [np.abs(a.astype(int) - b).max() for a, b in zip(one, plain, strict=True)]
    assert apart[0] <= 1, "the first result has nothing before it"
    assert min(apart[4:]) > 20
