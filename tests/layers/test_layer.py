"""One layer: what it shows of source and model, what it falls back to, and what it tells the show."""

import moderngl
import pytest

from tests.layers.made import BLUE, GREEN, RED, SIZE, MadeLayer
from vj.base.frame import Size
from vj.gl import layer_pass
from vj.gl.canvas import Canvas
from vj.layers import layer as layer_module
from vj.params.control_queue import Change
from vj.params.param import Value

HALF = Size(32, 18)
NEAR = 3
"""Grey levels that filtering and rounding may cost."""


@pytest.fixture
def made(ctx: moderngl.Context) -> MadeLayer:
    return MadeLayer(Canvas(ctx, SIZE))


def playing(made: MadeLayer) -> None:
    """Source and model have been at work for a while."""
    for _ in range(40):
        made.model(BLUE, of=made.shoot(RED))
        made.frame(fade=0.0)
    assert made.layer.rung == "model"


def test_before_there_is_any_picture_it_shows_the_built_in_one(made: MadeLayer) -> None:
    made.frame()
    assert made.layer.rung == "still"
    assert made.shown().max() > 20, "never black"


def test_the_source_shows_until_the_model_has_a_picture(made: MadeLayer) -> None:
    number = made.shoot(RED)
    made.frame(fade=0.0)
    assert made.layer.rung == "raw"
    assert made.shown() == pytest.approx(RED, abs=NEAR)
    made.model(BLUE, of=number)
    for _ in range(30):
        made.model(BLUE, of=made.shoot(RED))
        made.frame()
    assert made.layer.rung == "model"
    assert made.shown() == pytest.approx(BLUE, abs=NEAR)


def test_the_strength_mixes_the_model_into_the_source(made: MadeLayer) -> None:
    playing(made)
    made.frame(strength=0.25)
    made.model(BLUE, of=made.shoot(RED))
    made.frame()
    mixed = [0.75 * red + 0.25 * blue for red, blue in zip(RED, BLUE, strict=True)]
    assert made.shown() == pytest.approx(mixed, abs=NEAR)
    made.frame(strength=0.0)
    assert made.shown() == pytest.approx(RED, abs=NEAR)


def test_a_result_is_mixed_with_the_very_picture_that_it_was_made_of(made: MadeLayer) -> None:
    playing(made)
    made.frame(strength=0.5)
    number = made.shoot(GREEN)
    made.frame()
    made.shoot(RED)
    made.frame()
    made.model(BLUE, of=number)
    made.shoot(RED)
    made.frame()
    mixed = [0.5 * green + 0.5 * blue for green, blue in zip(GREEN, BLUE, strict=True)]
    assert made.shown() == pytest.approx(mixed, abs=NEAR)


def kept(made: MadeLayer, size: Size = SIZE, **model: Value) -> int:
    """How many of ten pictures of the source are copied to the GPU while results of ``size`` come from them."""
    before = {picture.seq for picture in made.layer.pictures._kept}
    copied = 0
    for _ in range(10):
        made.model(BLUE, of=made.shoot(RED), size=size)
        made.frame(**model)
        after = {picture.seq for picture in made.layer.pictures._kept}
        copied, before = copied + len(after - before), after
    assert made.layer.rung == "model"
    return copied


@pytest.mark.parametrize(
    ("size", "model", "copies"),
    [
        (SIZE, {}, 0),
        (SIZE, {"upsample": "guided"}, 0),
        (Size(64, 34), {"upsample": "guided"}, 0),
        (HALF, {}, 0),
        (HALF, {"upsample": "guided"}, 10),
        (HALF, {"upsample": "bilinear"}, 0),
        (SIZE, {"strength": 0.9}, 10),
        (SIZE, {"colour": 0.1}, 10),
    ],
    ids=str,
)
def test_the_source_s_pictures_are_copied_only_while_something_of_them_shows(
    made: MadeLayer, size: Size, model: dict[str, Value], copies: int
) -> None:
    """Software OpenGL enlarges along edges only when it is asked to."""
    playing(made)
    assert kept(made, size, **model) == copies


def test_a_graphics_card_needs_the_source_only_for_results_that_it_enlarges(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "is_software", lambda ctx: False)
    monkeypatch.setattr(layer_pass, "is_software", lambda ctx: False)  # the pictures come through pixel buffers, too
    made = MadeLayer(Canvas(ctx, SIZE))
    playing(made)
    assert made.shown() == pytest.approx(BLUE, abs=NEAR)
    assert kept(made, SIZE) == 0
    assert kept(made, HALF) == 10
    assert made.shown() == pytest.approx(BLUE, abs=NEAR)
    assert kept(made, SIZE) == 0


def test_a_canvas_no_larger_than_the_result_needs_no_edges(ctx: moderngl.Context) -> None:
    made = MadeLayer(Canvas(ctx, HALF))
    playing(made)
    assert kept(made, HALF, upsample="guided") == 0


def test_the_source_is_there_in_the_very_frame_that_shows_it(made: MadeLayer) -> None:
    """Its pictures weren't copied while only the result was shown."""
    playing(made)
    assert kept(made) == 0
    made.shoot(GREEN)
    made.frame(strength=0.0)
    assert made.shown() == pytest.approx(GREEN, abs=NEAR)
    made.frame(strength=1.0)
    made.shoot(RED)
    made.frame(colour=1.0)
    assert max(picture.seq for picture in made.layer.pictures._kept) == made.source.output.published


def test_where_the_model_stops_its_last_picture_holds_and_then_the_source_shows(made: MadeLayer) -> None:
    playing(made)
    rungs = []
    for _ in range(180):
        made.shoot(RED)
        made.frame()
        rungs.append(made.layer.rung)
    assert rungs[0] == "model"
    assert list(dict.fromkeys(rungs)) == ["model", "hold", "raw"]
    assert rungs.count("hold") > 40, "an engine that died is back by then"
    assert made.shown() == pytest.approx(RED, abs=NEAR)


def test_where_the_source_stops_the_last_picture_holds(made: MadeLayer) -> None:
    playing(made)
    for _ in range(60):
        made.frame()
    assert made.layer.rung == "hold"
    assert made.shown() == pytest.approx(BLUE, abs=NEAR)


def test_frozen_it_holds_the_picture_and_knows_of_the_pictures_that_come(made: MadeLayer) -> None:
    playing(made)
    for _ in range(30):
        made.model(GREEN, of=made.shoot(GREEN))
        made.frame(frozen=True)
        assert made.captured is None
    assert made.shown() == pytest.approx(BLUE, abs=NEAR)
    assert made.layer.rung == "model", "nothing was lost meanwhile"
    made.model(GREEN, of=made.shoot(GREEN))
    made.frame()
    assert made.shown() == pytest.approx(GREEN, abs=NEAR)


def test_another_model_s_picture_fades_in(made: MadeLayer) -> None:
    playing(made)
    seen = []
    for _ in range(64):
        made.model(GREEN, of=made.shoot(RED), maker=2)
        made.frame(fade=1.0)
        seen.append(int(made.shown()[1]))
    assert seen[0] == pytest.approx(BLUE[1], abs=10)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(GREEN[1], abs=NEAR)


def test_it_tells_when_the_picture_was_captured_that_is_shown_for_the_first_time(made: MadeLayer) -> None:
    playing(made)
    made.model(BLUE, of=made.shoot(RED), captured=77.0)
    made.frame()
    assert made.captured == 77.0
    made.frame()
    assert made.captured is None, "nothing new"


def test_results_older_than_two_captures_and_an_inference_are_late(made: MadeLayer) -> None:
    playing(made)
    before = made.layer.late
    made.bank.child.info["parts"] = {"infer": (10, 0.2)}
    assert made.layer.inference == pytest.approx(0.02)
    made.model(BLUE, of=made.shoot(RED), captured=made.now - 0.5)
    made.frame()
    assert made.layer.is_late
    assert made.layer.late == before + 1
    made.model(BLUE, of=made.shoot(RED))
    made.frame()
    assert not made.layer.is_late


def test_a_model_that_can_not_play_is_corrected_and_the_reason_is_said(made: MadeLayer) -> None:
    made.frame()
    made.values["/layer/1/model"] = "dream-zoom"
    assert made.frame() == {"/layer/1/model": "identity"}
    assert made.layer.notice == "dream-zoom isn't here yet"


def test_values_reach_source_and_engine_only_when_they_change(made: MadeLayer) -> None:
    made.frame(quality="low")
    assert made.bank.values.read()["quality"] == "low"
    made.bank.values.read()
    made.frame()
    assert not made.bank.values.changed


def test_triggers_go_to_the_child_that_they_are_for(made: MadeLayer) -> None:
    handlers = made.layer.handlers(made.table)
    assert "/layer/1/source/seek" in handlers
    assert not [address for address in handlers if made.table[address].kind != "trigger"]
    handlers["/layer/1/source/seek"](Change("/layer/1/source/seek", "fire", 0.5), 1.0)
    assert list(made.source.child.sent) == [{"trigger": "seek", "amount": 0.5}]  # type: ignore[attr-defined]
    assert not made.bank.child.sent  # type: ignore[attr-defined]


def test_counting_begins_anew_with_the_show(made: MadeLayer) -> None:
    playing(made)
    assert made.source.frames == 40
    made.layer.start_counting()
    assert (made.source.frames, made.bank.frames, made.layer.late) == (0, 0, 0)
    assert set(made.layer.rungs.values()) == {0}
