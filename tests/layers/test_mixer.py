"""The mix: layers over each other, the master over them."""

import sys
from collections import Counter
from types import FrameType

import moderngl
import pytest

from tests.gl.pictures import Image, seen
from tests.layers.made import BLUE, RED, SIZE, MadeLayer
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.layers.mixer import Mixer

NEAR = 3


class Stage:
    """Two layers, red below blue, without models."""

    def __init__(self, ctx: moderngl.Context) -> None:
        canvas = Canvas(ctx, SIZE)
        self.below, self.above = MadeLayer(canvas, 1), MadeLayer(canvas, 2)
        self.mixer = Mixer(canvas, LayerPass(canvas), (SIZE,))
        for made, colour in ((self.below, RED), (self.above, BLUE)):
            made.shoot(colour)
            made.frame(strength=0.0)

    def shown(self, brightness: float = 1.0, layers: int = 2) -> Image:
        self.mixer.draw([self.below.layer, self.above.layer][:layers], brightness)
        return seen(self.mixer.canvas)[18, 32]


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def test_one_layer_fills_the_canvas(stage: Stage) -> None:
    assert stage.shown(layers=1) == pytest.approx(RED, abs=NEAR)


@pytest.mark.parametrize("opacity", [0.0, 0.25, 1.0])
def test_the_upper_layer_covers_the_lower_by_its_opacity(stage: Stage, opacity: float) -> None:
    stage.above.values["/layer/2/opacity"] = opacity
    stage.above.frame()
    mixed = [(1 - opacity) * red + opacity * blue for red, blue in zip(RED, BLUE, strict=True)]
    assert stage.shown() == pytest.approx(mixed, abs=NEAR)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_master_dims_everything(stage: Stage, layers: int) -> None:
    colour = RED if layers == 1 else BLUE
    assert stage.shown(0.5, layers) == pytest.approx([part / 2 for part in colour], abs=NEAR)
    assert stage.shown(0.0, layers).max() == 0
    assert stage.shown(1.0, layers) == pytest.approx(colour, abs=NEAR), "nothing is left of it"


def test_a_rehearsal_leaves_nothing_behind_in_the_next_picture(stage: Stage) -> None:
    stage.mixer.rehearse([stage.below.layer, stage.above.layer])
    assert stage.shown() == pytest.approx(BLUE, abs=NEAR)


CALLS = {"write": 4, "use": 6, "render": 2, "enable": 1, "blend_func": 1, "disable": 1}
"""What two plain layers with a model each asked of OpenGL in a frame before layers could be anything else."""


def test_plain_layers_cost_no_more_than_ever(stage: Stage) -> None:
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_globals["__name__"] == "moderngl":
            calls[frame.f_code.co_name] += 1

    def play() -> None:
        for made in (stage.below, stage.above):
            made.model(RED, of=made.shoot(BLUE))
            made.frame(strength=0.5)
        stage.mixer.draw([stage.below.layer, stage.above.layer], 1.0)

    for _ in range(20):
        play()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        play()
    finally:
        sys.setprofile(before)
    assert calls.pop("size", 0) + calls.pop("components", 0) + calls.pop("filter", 0) <= 18, "these ask nothing"
    assert dict(calls) == CALLS
