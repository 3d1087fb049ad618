"""What a layer shows while its clip or its model changes: never black, and never a jump that wasn't asked for."""

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import Image
from tests.gl.references import check_reference
from tests.layers.made import BLUE, GREEN, RED
from tests.layers.test_composition import WHITE, Inverted, Stage

pytestmark = pytest.mark.usefixtures("exactly")

NEAR = 3


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx, RED)


def change(stage: Stage, colour: tuple[int, int, int]) -> None:
    """Another clip is launched, which has a picture; the next frame is the first that shows it."""
    stage.made[0].launch()
    stage.made[0].shoot(colour)
    stage.frame(0.0)


def frames(stage: Stage, count: int, seconds: float = 0.1) -> list[Image]:
    """The middle of the picture in so many frames."""
    shown = []
    for _ in range(count):
        stage.frame(seconds)
        shown.append(stage.middle())
    return shown


def test_a_cut_shows_the_next_clip_at_once(stage: Stage) -> None:
    stage.frame()
    change(stage, BLUE)
    assert frames(stage, 1)[0] == pytest.approx(BLUE, abs=NEAR)
    assert stage.layers[0].is_plain


@pytest.mark.parametrize("was_plain", [True, False])
def test_a_fade_takes_its_time_and_leaves_the_layer_plain(stage: Stage, was_plain: bool) -> None:
    stage.set(1, transition="fade", transition_time=1.0, blend="normal" if was_plain else "lighten")
    stage.frame()
    change(stage, BLUE)
    for number, shown in enumerate(frames(stage, 9), start=1):
        wanted = [(1 - number / 10) * red + number / 10 * blue for red, blue in zip(RED, BLUE, strict=True)]
        assert shown == pytest.approx(wanted, abs=NEAR + 1)
    assert frames(stage, 2)[1] == pytest.approx(BLUE, abs=NEAR)
    assert stage.layers[0].is_plain == was_plain


def test_until_the_next_clip_has_a_picture_the_last_one_stays(stage: Stage) -> None:
    stage.set(1, transition="wipe", transition_time=1.0)
    stage.frame()
    stage.made[0].launch()
    assert all(shown == pytest.approx(RED, abs=NEAR) for shown in frames(stage, 15))
    stage.made[0].shoot(BLUE)
    assert frames(stage, 1)[0] == pytest.approx(RED, abs=NEAR), "it begins with the picture"
    assert frames(stage, 11)[-1] == pytest.approx(BLUE, abs=NEAR)


def test_a_transition_in_the_middle_of_another_goes_on_from_there(stage: Stage) -> None:
    stage.set(1, transition="fade", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    halfway = frames(stage, 5)[-1]
    change(stage, GREEN)
    stage.frame(0.001)
    assert stage.middle() == pytest.approx(halfway, abs=NEAR)
    assert frames(stage, 11)[-1] == pytest.approx(GREEN, abs=NEAR)


def test_a_clip_and_its_model_change_together_in_one_transition(stage: Stage) -> None:
    """Both begin one, before a frame is drawn."""
    stage.set(1, transition="fade", transition_time=1.0)
    stage.frame()
    for _ in range(2):
        stage.layers[0].target.begin_transition()
    stage.made[0].shoot(BLUE)
    stage.frame(0.001)
    assert stage.middle() == pytest.approx(RED, abs=NEAR)


def test_a_wipe_comes_from_the_left(stage: Stage) -> None:
    stage.set(1, transition="wipe", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    stage.frame(0.5)
    shown = stage.shown()
    assert shown[18, 5] == pytest.approx(BLUE, abs=NEAR)
    assert shown[18, 58] == pytest.approx(RED, abs=NEAR)
    check_reference("transition-wipe", shown)


def test_effects_go_on_over_a_transition(stage: Stage) -> None:
    stage.layers[0].target.effects = Inverted(stage.ctx)
    stage.set(1, transition="fade", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    stage.frame(0.001)
    assert stage.middle() == pytest.approx([255 - value for value in RED], abs=NEAR)


def test_with_a_model_it_begins_with_the_first_result_of_the_next_clip(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED)
    playing(stage)
    stage.set(1, transition="fade", transition_time=1.0)
    made = stage.made[0]
    made.launch()
    number = made.shoot(WHITE)
    assert all(shown == pytest.approx(BLUE, abs=NEAR) for shown in frames(stage, 5, 0.02))
    for _ in range(2):
        made.model(GREEN, of=number)
        stage.frame(0.5)
    halfway = [(blue + green) / 2 for blue, green in zip(BLUE, GREEN, strict=True)]
    assert stage.middle() == pytest.approx(halfway, abs=NEAR + 1)


def playing(stage: Stage) -> None:
    """Its model is at work."""
    made = stage.made[0]
    for _ in range(40):
        made.model(BLUE, of=made.shoot(RED))
        made.frame(strength=1.0, fade=1.0)
    stage.frame()
    assert stage.middle() == pytest.approx(BLUE, abs=NEAR)


@pytest.mark.parametrize("transition", ["cut", "wipe"])
def test_models_change_by_the_transition_or_with_cut_by_their_own_fade(stage: Stage, transition: str) -> None:
    playing(stage)
    made = stage.made[0]
    stage.set(1, transition=transition, transition_time=1.0)
    made.model(GREEN, of=made.shoot(RED), maker=2)
    stage.frame(0.001)
    stage.frame(0.5)
    shown = stage.shown()[18]
    if transition == "wipe":
        assert shown[5] == pytest.approx(GREEN, abs=NEAR)
        assert shown[58] == pytest.approx(BLUE, abs=NEAR)
    else:
        assert np.ptp(shown, axis=0).max() <= 1
        assert shown[5] == pytest.approx([(a + b) / 2 for a, b in zip(BLUE, GREEN, strict=True)], abs=NEAR + 1)


def test_in_a_freeze_a_transition_waits(stage: Stage) -> None:
    stage.set(1, transition="fade", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    halfway = frames(stage, 5)[-1]
    for _ in range(20):
        stage.made[0].frame(0.1, frozen=True)
        assert stage.middle(frozen=True) == pytest.approx(halfway, abs=NEAR)
    assert frames(stage, 6)[-1] == pytest.approx(BLUE, abs=NEAR)


def test_a_shader_is_a_transition(stage: Stage) -> None:
    stage.set(1, transition="push", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    stage.frame(0.5)
    shown = stage.shown().reshape(-1, 3)
    assert {tuple(map(int, colour)) for colour in shown} >= {RED, BLUE}
    assert frames(stage, 6)[-1] == pytest.approx(BLUE, abs=NEAR)
    assert stage.layers[0].is_plain
    assert stage.layers[0].notice == ""


def test_a_shader_that_is_gone_fades_and_says_so(stage: Stage) -> None:
    stage.set(1, transition="no-such-shader", transition_time=1.0)
    stage.frame()
    change(stage, BLUE)
    halfway = [(red + blue) / 2 for red, blue in zip(RED, BLUE, strict=True)]
    assert frames(stage, 5)[-1] == pytest.approx(halfway, abs=NEAR + 1)
    assert "no-such-shader" in stage.layers[0].notice
