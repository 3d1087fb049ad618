"""The dream zoom: it goes on for ever, keeps its palette, and every control is in the next picture."""

import gc
import math
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.model.dreams.ascent import rolled, sizes, smoothed, variation
from vj.model.dreams.dream_model import DreamWish, weights_from
from vj.model.dreams.dream_zoom import DreamZoom
from vj.model.dreams.journey import periods
from vj.model.dreams.palette import Palette
from vj.model.files.library import Entry, find
from vj.model.model import Prepared
from vj.params.param import Value

SIZE = Size(128, 64)
STILL = {"zoom": 0.0, "rotate": 0.0, "jitter": 0}


@pytest.fixture(scope="module")
def made() -> DreamZoom:
    """One for all: reading the classifier takes seconds."""
    entry = find("dream-zoom")
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model("openvino-f32")
    assert isinstance(model, DreamZoom)
    return model


@pytest.fixture
def model(made: DreamZoom) -> DreamZoom:
    made.begin_again()
    return made


class Play:
    """Plays the model at 25 pictures a second on one picture of the source."""

    def __init__(self, model: DreamZoom, **values: Value) -> None:
        self.model = model
        self.values: dict[str, Value] = (
            {param.name: param.default for param in model.params} | {"layer": "edges"} | values
        )
        self.seen = np.random.default_rng(3).integers(0, 256, (8, 16, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        self.now = 0.0
        self.dreams: dict[str, Prepared] = {}

    def picture(self, **values: Value) -> Pixels:
        self.values |= values
        out = np.empty((SIZE.height, SIZE.width, 3), np.uint8)
        wish = self.model.variant(self.values)
        dream = self.dreams.get(wish) or self.dreams.setdefault(wish, self.model.prepare(SIZE, wish))
        assert math.isfinite(dream.run(self.seen, out, self.values, self.now))
        self.now += 0.04
        return out

    def pictures(self, count: int, **values: Value) -> Pixels:
        for _ in range(count):
            out = self.picture(**values)
        return out


def palette(picture: Pixels) -> tuple[float, float, float]:
    """Mean, contrast and colourfulness (Hasler and Süsstrunk 2003)."""
    red, green, blue = picture.astype(np.float64).transpose(2, 0, 1)
    one, other = red - green, (red + green) / 2 - blue
    colourful = math.hypot(one.std(), other.std()) + 0.3 * math.hypot(one.mean(), other.mean())
    return float(picture.mean()), float((picture @ np.array((0.299, 0.587, 0.114))).std()), colourful


def test_the_palette_is_kept_for_3000_pictures(model):
    play = Play(model, layer="textures", hue=40.0)
    early = palette(play.pictures(300))
    for wanted, found in zip(early, palette(play.pictures(2700)), strict=True):
        assert found == pytest.approx(wanted, rel=0.25)


def test_it_starts_from_the_camera_and_leaves_it(model):
    play = Play(model)
    assert np.abs(play.picture().astype(int) - play.seen).mean() < 25
    assert np.abs(play.pictures(25).astype(int) - play.seen).mean() > 40


def test_what_is_seen_later_changes_nothing_unless_it_is_fed(model):
    play = Play(model, step=0.0, keep=0.0, **STILL)
    before = play.picture()
    play.seen = 255 - play.seen
    assert np.abs(play.picture().astype(int) - before).max() <= 1
    play.pictures(50, feed=4.0)
    assert np.abs(play.picture().astype(int) - play.seen).mean() < 3


def test_a_new_start_fades_to_the_seed(model):
    play = Play(model, step=0.0, keep=0.0, fade=0.4, **STILL)
    play.picture()
    play.seen = 255 - play.seen
    model.handle_trigger("restart", 0.0)
    gaps = [np.abs(play.picture().astype(int) - play.seen).mean() for _ in range(12)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 60
    assert gaps[-1] < 1


def test_seeds(model, tmp_path: Path):
    assert np.abs(Play(model, seed="noise", step=0.0, keep=0.0).picture().astype(int) - 128).std() > 20
    model.begin_again()
    Image.new("RGB", (50, 30), (200, 40, 40)).save(tmp_path / "red.png")
    still = Play(model, seed="still", still=str(tmp_path / "red.png"), step=0.0, keep=0.0, **STILL)
    assert np.abs(still.picture().astype(int) - (200, 40, 40)).max() <= 2
    model.begin_again()
    lost = Play(model, seed="still", still=str(tmp_path / "none.png"), step=0.0, keep=0.0, **STILL)
    assert np.abs(lost.picture().astype(int) - lost.seen).max() <= 1, "the camera stands in"
    assert "none.png" in model.notice


def test_it_zooms_and_pans(model):
    play = Play(model, step=0.0, keep=0.0, **STILL)
    play.seen = np.zeros((64, 128, 3), np.uint8)
    play.seen[:, 62:66] = 255
    play.picture()
    wide = play.pictures(10, zoom=2.0)[32, :, 0].astype(float).sum() / 255
    assert wide == pytest.approx(4 * math.exp(0.8), rel=0.1)
    model.begin_again()
    play.now = 0.0
    play.picture(zoom=0.0)
    moved = play.pictures(10, pan_x=0.5)[32, :, 0].astype(float)
    assert (moved * np.arange(128)).sum() / moved.sum() == pytest.approx(63.5 + 0.5 * 0.4 * 128, abs=1)


def test_periods_are_seconds_or_beats():
    assert periods({"period": "second", "tempo": 90.0}, 2.0) == 2.0
    assert periods({"period": "beat", "tempo": 90.0}, 2.0) == 3.0


@pytest.mark.parametrize(
    "values",
    [
        {"unit": 3},
        {"units": "1 2:0.5"},
        {"at_x": 0.1, "reach": 0.05},
        {"toward": "goldfish"},
        {"layer": "textures"},
        {"layer_2": "textures"},
        {"octaves": 2},
        {"frequencies": 1.0},
        {"tv": 0.5},
        {"blur": 3.0},
        {"step": 0.1},
        {"steps": 2},
    ],
    ids=lambda values: " ".join(values),
)
def test_every_control_is_in_the_next_picture(model, values):
    play = Play(model, jitter=0)
    usual = play.pictures(2)
    model.begin_again()
    other = Play(model, jitter=0)
    other.picture()
    assert np.abs(other.picture(**values).astype(int) - usual).mean() > 0.5


def test_units_and_amounts_need_nothing_compiled(model):
    usual = {param.name: param.default for param in model.params}
    moved = usual | {"unit": 7, "at_x": 0.2, "reach": 0.1, "mix": 0.9, "steps": 3, "step": 0.1, "zoom": 1.0}
    assert model.variant(moved) == model.variant(usual)
    assert model.variant(usual | {"layer": "parts"}) in model.ahead(usual)
    assert len(model.ahead(usual | {"ready": "edges _blocks.7"})) == 2


def test_what_can_not_be_meant_is_told(model):
    play = Play(model, units="seven")
    play.picture()
    no_layer, no_places = {"layer": "mixed4a"}, {"layer": "classes", "guide": "a.jpg"}
    for wrong, said in (no_layer, "unknown layer 'mixed4a'"), (no_places, "places"):
        with pytest.raises(BadInput, match=said):
            model.prepare(SIZE, model.variant(play.values | wrong))
    assert "'seven' is no unit" in model.notice
    play.picture(units="", toward="goldfisch")
    assert "did you mean goldfish" in model.notice
    play.picture(toward="")
    assert model.notice == ""


def test_where_nothing_plays_yet_the_usual_layer_stands_in(made):
    gc.collect()  # what other tests had compiled goes with their dreams
    made.begin()
    lost = Play(made, layer="mixed4a")
    lost.picture()
    assert "unknown layer 'mixed4a'" in made.notice
    lost.picture(layer="edges")
    assert made.notice == ""


def test_units_beyond_the_last_are_told_and_the_knob_goes_round(model):
    play = Play(model, units="3 99:1")
    play.picture()
    assert "has the units 0..23, not 99" in model.notice
    play.picture(units="")
    assert model.notice == ""
    dream = model.prepare(SIZE, model.variant(play.values))
    one, other = (dream.controls(play.values | {"unit": unit})[1] for unit in (5, 29))
    assert np.array_equal(one, other)
    assert one.argmax() == 5


def test_a_name_is_a_class_only_where_classes_are_meant(model):
    play = Play(model, units="goldfish")
    play.picture()
    assert "'goldfish' is no unit" in model.notice
    play.picture(units="", toward="goldfish")
    assert model.notice == ""


def test_octaves_may_change_while_they_are_played(model):
    """One compiled network serves the thread that prepares and the one that plays."""
    play = Play(model, octaves=2)
    play.picture()
    failed: list[Exception] = []

    def prepare() -> None:
        try:
            for octaves in (1, 3, 1, 3):
                model.prepare(SIZE, model.variant(play.values | {"octaves": octaves})).warm()
        except Exception as error:  # noqa: BLE001 - seen below
            failed.append(error)

    preparing = threading.Thread(target=prepare)
    preparing.start()
    while preparing.is_alive():
        play.picture()
    assert not failed


def test_only_so_many_layers_are_kept_ready(model):
    usual = {param.name: param.default for param in model.params}
    assert len(model.ahead(usual)) == 5
    assert model.ahead(usual | {"ready": "none"}) == []
    assert len(model.ahead(usual | {"ready": " ".join(f"_blocks.{place}" for place in range(16))})) < model.kept
    assert "layers are kept ready" in model.notice
    model.ahead(usual)
    assert model.notice == ""


def test_weights_are_read():
    assert weights_from("11 40:0.5 7:-1", ()) == {11: 1.0, 40: 0.5, 7: -1.0}
    assert weights_from("Tench, goldfish:0.25", ("tench", "goldfish")) == {0: 1.0, 1: 0.25}
    for wrong in ("x", "-3", "1:nan", "1.5", "1:2:3", "3:1e300"):
        with pytest.raises(BadInput, match="is no unit with a weight"):
            weights_from(wrong, ())


def test_wishes_survive_being_written():
    wish = DreamWish("guide", ("parts",), 3, 1.25)
    assert DreamWish.from_text(wish.to_text()) == wish


def test_octaves_are_coarse_to_fine():
    assert sizes(Size(512, 288), 3, 1.4, 32) == [Size(256, 160), Size(352, 192), Size(512, 288)]
    assert sizes(Size(64, 64), 4, 2.0, 32) == [Size(64, 64)], "none is smaller than what a network can take"


def test_a_guide_pulls_towards_its_picture(model, tmp_path: Path):
    Image.effect_noise((96, 64), 80).convert("RGB").save(tmp_path / "noise.png")
    Image.linear_gradient("L").resize((96, 64)).convert("RGB").save(tmp_path / "smooth.png")
    found = []
    for name in ("noise.png", "smooth.png"):
        model.begin_again()
        found.append(Play(model, guide=str(tmp_path / name), jitter=0).pictures(5).astype(int))
    assert np.abs(found[0] - found[1]).mean() > 2
    assert model.notice == ""


def test_shifting_back_gives_the_same():
    picture = np.random.default_rng(0).random((6, 9, 3), np.float32)
    there, back = np.empty_like(picture), np.empty_like(picture)
    for shift in ((0, 0), (2, -3), (-5, 8), (13, 20)):
        rolled(picture, shift, there)
        assert np.array_equal(there, np.roll(picture, shift, (0, 1)))
        rolled(there, (-shift[0], -shift[1]), back)
        assert np.array_equal(back, picture)


def test_variation_is_the_derivative_of_the_total_variation():
    def total(picture: np.ndarray) -> float:
        across = np.diff(picture, axis=1, append=picture[:, -1:])
        down = np.diff(picture, axis=0, append=picture[-1:])
        return float(np.sqrt(across**2 + down**2 + 1e-4).sum())

    picture = np.random.default_rng(0).random((5, 7, 3))
    found = variation(picture)
    for place in ((0, 0, 0), (2, 3, 1), (4, 6, 2)):
        more, less = picture.copy(), picture.copy()
        more[place] += 1e-5
        less[place] -= 1e-5
        assert found[place] == pytest.approx((total(more) - total(less)) / 2e-5, abs=1e-3)


def test_evened_frequencies_are_of_one_strength():
    values: dict[str, Value] = {"frequencies": 1.0, "blur": 0.0, "tv": 0.0}
    waves = np.sin(np.arange(64) / 8)
    coarse = np.repeat((waves[:, None] * waves)[..., None], 3, 2)
    fine = np.random.default_rng(1).normal(size=(64, 64, 3)) * 0.01
    found = smoothed((coarse + fine).astype(np.float32), coarse.astype(np.float32), values)
    before, after = (np.diff(picture, axis=0).std() / picture.std() for picture in (coarse + fine, found))
    assert after > 1.5 * before, "the fine is heard beside the coarse"


def test_the_palette_is_reached_and_hues_turn():
    values: dict[str, Value] = {"brightness": 0.5, "contrast": 0.2, "saturation": 0.1, "keep": 5.0}
    picture = (np.random.default_rng(0).random((64, 64, 3)) * 0.2 + 0.1).astype(np.float32)
    save_load = Palette()
    for _ in range(200):
        save_load.keep(picture, values, 0.04, 0.0)
    assert picture.mean() == pytest.approx(0.5, abs=0.02)
    assert picture.mean(2).std() == pytest.approx(0.2, abs=0.02)
    red = np.zeros((8, 8, 3), np.float32)
    red[..., 0] = 0.5
    save_load.keep(red, values | {"keep": 0.0}, 0.04, 120.0)
    assert np.ptp(red.mean((0, 1))) > 0.3
    assert red.mean((0, 1)).argmax() != 0
