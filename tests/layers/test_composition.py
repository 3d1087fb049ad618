"""Layers that aren't plain: blend modes, keys, masks, places, buses, effects, and what they cost."""

import tracemalloc
from itertools import product
from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.gl.pictures import Image, corners, seen
from tests.layers.made import BLUE, GREEN, RED, SIZE, MadeLayer
from vj.effect.effect import EffectMoment
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.gl.target import DrawTarget
from vj.layers.layer import Layer
from vj.layers.layer_target import NoEffects
from vj.layers.mixer import Mixer
from vj.params.param import Value
from vj.params.store import FrameValues

pytestmark = pytest.mark.usefixtures("exactly")

NEAR = 3
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


class Inverted(NoEffects):
    """A chain that inverts colours where the layer is, or does nothing at all with ``by`` 0; it counts its draws."""

    def __init__(self, ctx: moderngl.Context, by: float = 1.0) -> None:
        self.is_idle, self.draws = False, 0
        self.seen: moderngl.Texture | None = None
        self.looks_at = ""
        self._target = DrawTarget(ctx, SIZE)
        program = ctx.program(
            "#version 330\nvoid main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4 - 1, 0, 1); }",
            "#version 330\nuniform sampler2D picture; uniform float part; out vec4 colour; void main() {"
            "vec4 c = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);"
            "colour = vec4(mix(c.rgb, c.a - c.rgb, part), c.a); }",
        )
        program["part"] = by
        self._mesh = ctx.vertex_array(program, [])

    def draw(self, picture: moderngl.Texture, moment: EffectMoment) -> moderngl.Texture:
        self.draws += 1
        if self.looks_at:
            self.seen = moment.picture(self.looks_at)
        self._target.begin()
        picture.use(0)
        self._mesh.render(moderngl.TRIANGLES, vertices=3)
        return self._target.texture


class Stage:
    """Layers, the first at the bottom, each with a picture of its own and without a model."""

    def __init__(self, ctx: moderngl.Context, *pictures: object) -> None:
        self.ctx, self.canvas = ctx, Canvas(ctx, SIZE)
        passes = LayerPass(self.canvas)
        shaders = ShaderLoader(SIZE, background=False)
        self._shared = passes, shaders
        self.mixer = Mixer(self.canvas, passes, (SIZE,), shaders=shaders, waits=True)
        self.made: list[MadeLayer] = []
        self.layers: list[Layer] = []
        for picture in pictures:
            self.add(picture)

    def add(self, picture: object) -> None:
        """A layer above the others."""
        passes, shaders = self._shared
        made = MadeLayer(self.canvas, len(self.made) + 1, passes=passes, shaders=shaders)
        self.made.append(made)
        self.layers.append(made.layer)
        made.shoot(picture)  # type: ignore[arg-type]
        made.frame(strength=0.0)

    def set(self, number: int, **values: Value) -> None:
        made = self.made[number - 1]
        made.values |= {f"/layer/{number}/{name}": value for name, value in values.items()}
        made.frame()

    def frame(self, seconds: float = 1 / 60, **draw: float) -> None:
        for made in self.made:
            made.frame(seconds)
        self.mixer.draw(self.layers, draw.pop("brightness", 1.0), **draw)  # type: ignore[arg-type]

    def shown(self, **draw: float) -> Image:
        self.mixer.draw(self.layers, draw.pop("brightness", 1.0), **draw)  # type: ignore[arg-type]
        return seen(self.canvas)

    def middle(self, **draw: float) -> Image:
        return self.shown(**draw)[18, 32]


@pytest.fixture
def two(ctx: moderngl.Context) -> Stage:
    """Blue above red."""
    return Stage(ctx, RED, BLUE)


def mixture(one: tuple[int, ...], other: tuple[int, ...], part: float) -> list[float]:
    return [(1 - part) * a + part * b for a, b in zip(one, other, strict=True)]


@pytest.mark.parametrize(
    "values",
    [{}, {"opacity": 0.5}, {"fit": "fit"}, {"fit": "stretch", "opacity": 0.3}, {"model/strength": 0.4}],
    ids=str,
)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_layer_looks_the_same_whether_it_is_drawn_straight_or_apart(
    ctx: moderngl.Context, values: dict[str, Value], layers: int
) -> None:
    """With an effect that changes nothing: pictures of other shapes, corners to see what is upside down."""
    stage = Stage(ctx, *[corners(40, 30), corners(64, 20)][:layers])
    for number in range(1, layers + 1):
        stage.made[number - 1].model(GREEN, of=1)
        stage.set(number, **{"model/strength": 0.0, **values})
    straight = stage.shown().copy()
    for layer in stage.layers:
        assert layer.is_plain
        layer.target.effects = Inverted(ctx, by=0.0)
        assert not layer.is_plain
    apart = stage.shown()
    assert np.abs(apart - straight).max() <= 2
    assert straight.std() > 20


def test_effects_get_the_bottom_row_first_and_what_they_make_is_upright(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, corners(*SIZE))
    chain = stage.layers[0].target.effects = Inverted(ctx)
    assert np.array_equal(stage.shown(), 255 - corners(*SIZE).astype(np.int16))
    own = stage.layers[0].target.own
    assert own is not None
    rows = np.frombuffer(own.read(), np.uint8).reshape(SIZE.height, SIZE.width, 4)
    assert rows[0, 0].tolist() == [0, 0, 255, 255], "blue is below"
    chain.is_idle = True
    assert np.array_equal(stage.shown(), corners(*SIZE))
    assert stage.layers[0].is_plain


def test_a_blend_mode_mixes_colours_by_the_opacity(two: Stage) -> None:
    two.set(2, blend="multiply")
    multiplied = tuple(a * b // 255 for a, b in zip(RED, BLUE, strict=True))
    assert two.middle() == pytest.approx(multiplied, abs=NEAR)
    two.set(2, opacity=0.5)
    assert two.middle() == pytest.approx(mixture(RED, multiplied, 0.5), abs=NEAR)
    two.set(2, opacity=0.0)
    assert two.middle() == pytest.approx(RED, abs=NEAR)


def test_a_plain_layer_above_a_blended_one_is_drawn_on_the_same_page(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED, BLUE, GREEN)
    stage.set(2, blend="add")
    stage.set(3, opacity=0.5)
    added = [min(255, a + b) for a, b in zip(RED, BLUE, strict=True)]
    assert stage.middle() == pytest.approx(mixture(tuple(added), GREEN, 0.5), abs=NEAR)
    assert stage.middle(brightness=0.5) == pytest.approx([v / 2 for v in mixture(tuple(added), GREEN, 0.5)], abs=NEAR)


def test_the_lowest_layer_lies_on_black(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED)
    for blend, wanted in (("add", RED), ("multiply", BLACK), ("screen", RED)):
        stage.set(1, blend=blend)
        assert stage.middle() == pytest.approx(wanted, abs=NEAR)
    stage.set(1, blend="normal", crop_left=0.6)
    assert stage.middle() == pytest.approx(BLACK)


def test_bypass_and_solo(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED, BLUE, GREEN)
    stage.set(3, bypass=True)
    assert stage.middle() == pytest.approx(BLUE, abs=NEAR)
    stage.set(1, solo=True)
    assert stage.middle() == pytest.approx(RED, abs=NEAR)
    stage.set(3, solo=True)
    assert stage.middle() == pytest.approx(RED, abs=NEAR), "a bypassed layer isn't there"
    stage.set(3, bypass=False)
    assert stage.middle() == pytest.approx(GREEN, abs=NEAR)
    for number in (1, 2, 3):
        stage.set(number, bypass=True)
    assert stage.middle() == pytest.approx(BLACK)


def test_the_crossfader_mixes_whole_pictures(ctx: moderngl.Context) -> None:
    """Two half transparent layers on one side: halfway, each pixel is the mean of the two sides."""
    stage = Stage(ctx, RED, BLUE, GREEN, WHITE)
    for number, bus in ((2, "A"), (3, "B"), (4, "B")):
        stage.set(number, bus=bus, opacity=0.5)
    a = mixture(RED, BLUE, 0.5)
    b = mixture(tuple(mixture(RED, GREEN, 0.5)), WHITE, 0.5)  # type: ignore[arg-type]
    assert stage.middle(crossfader=0.0) == pytest.approx(a, abs=NEAR)
    assert stage.middle(crossfader=1.0) == pytest.approx(b, abs=NEAR)
    assert stage.middle(crossfader=0.25) == pytest.approx(mixture(tuple(a), tuple(b), 0.25), abs=NEAR)  # type: ignore[arg-type]
    stage.set(2, bus="none")
    stage.set(3, bus="none")
    stage.set(4, bus="none")
    assert stage.middle(crossfader=0.0) == pytest.approx(stage.middle(crossfader=1.0)), "no bus: on both sides"


def test_a_key_shows_what_lies_below(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED, np.where(np.arange(64)[None, :, None] < 32, np.array((0, 255, 0)), np.array(BLUE)))
    stage.set(2, key="chroma", key_spill=0.0)
    shown = stage.shown()
    assert shown[18, 10] == pytest.approx(RED, abs=NEAR)
    assert shown[18, 50] == pytest.approx(BLUE, abs=NEAR)
    stage.set(2, key_invert=True)
    shown = stage.shown()
    assert shown[18, 10] == pytest.approx((0, 255, 0), abs=NEAR)
    assert shown[18, 50] == pytest.approx(RED, abs=NEAR)


@pytest.mark.parametrize(("mask", "bright_side"), [("bright", 50), ("dark", 10)])
def test_a_mask_of_light_is_made_of_the_source_while_the_model_shows(
    ctx: moderngl.Context, mask: str, bright_side: int
) -> None:
    stage = Stage(ctx, RED, np.where(np.arange(64)[None, :, None] < 32, 20, 230) + np.zeros((36, 1, 3)))
    above = stage.made[1]
    for _ in range(40):
        above.model(BLUE, of=1)
        above.frame(strength=1.0)
    stage.set(2, mask=mask)
    shown = stage.shown()
    assert shown[18, bright_side] == pytest.approx(BLUE, abs=NEAR)
    assert shown[18, 60 - bright_side] == pytest.approx(RED, abs=NEAR)
    stage.set(2, mask_invert=True)
    assert stage.shown()[18, bright_side] == pytest.approx(RED, abs=NEAR)


def test_a_mask_of_motion_shows_what_moves_and_lets_it_go(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED, np.zeros((36, 64, 3)))
    stage.set(2, mask="moving")
    stage.frame()
    assert stage.middle() == pytest.approx(RED, abs=NEAR), "nothing moves"
    moved = np.zeros((36, 64, 3), np.uint8)
    moved[12:24, 24:40] = WHITE
    stage.made[1].shoot(moved)  # type: ignore[arg-type]
    stage.frame()
    shown = stage.shown()
    assert shown[18, 32] == pytest.approx(WHITE, abs=NEAR)
    assert shown[3, 3] == pytest.approx(RED, abs=NEAR)
    for _ in range(300):
        stage.frame(1 / 30)
    assert stage.middle() == pytest.approx(RED, abs=8), "it has become background"


def test_another_layer_is_a_mask_even_if_it_is_not_shown_itself(ctx: moderngl.Context) -> None:
    halves = np.where(np.arange(36)[:, None, None] < 18, 255, 0) + np.zeros((1, 64, 3))
    stage = Stage(ctx, RED, BLUE, halves)
    stage.set(3, bypass=True)
    stage.set(2, mask="layer", mask_layer=3)
    shown = stage.shown()
    assert shown[4, 32] == pytest.approx(BLUE, abs=NEAR), "in the very first frame"
    assert shown[32, 32] == pytest.approx(RED, abs=NEAR)
    stage.set(2, mask_layer=4)
    assert stage.shown()[32, 32] == pytest.approx(BLUE, abs=NEAR), "there is no such layer: no mask"


def test_a_still_is_a_mask(ctx: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    grey = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None], 36, 0)
    (tmp_path / "pictures").mkdir()
    Pillow.fromarray(grey).save(tmp_path / "pictures" / "ramp.png")
    stage = Stage(ctx, RED, BLUE)
    stage.set(2, mask="still", mask_picture="ramp.png")
    shown = stage.shown()
    for column in (4, 32, 60):
        assert shown[18, column] == pytest.approx(mixture(RED, BLUE, grey[0, column] / 255), abs=6)
    assert stage.layers[1].notice == ""
    stage.set(2, mask_picture="missing.png")
    assert stage.middle() == pytest.approx(BLUE, abs=NEAR), "without its mask"
    stage.frame()
    assert "missing.png" in stage.layers[1].notice


def test_a_place_leaves_the_rest_to_what_lies_below(two: Stage) -> None:
    two.set(2, x=0.5)
    shown = two.shown()
    assert shown[18, 10] == pytest.approx(RED, abs=NEAR)
    assert shown[18, 50] == pytest.approx(BLUE, abs=NEAR)
    two.set(2, scale=0.0)
    assert two.shown()[18, 50] == pytest.approx(RED, abs=NEAR)


def test_effects_see_other_layers_and_their_own_picture_from_before(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED, BLUE)
    stage.set(1, bypass=True)
    chain = stage.layers[1].target.effects = Inverted(ctx)
    chain.looks_at = "layer/1"
    stage.frame()
    assert chain.seen is None, "it wasn't drawn, as nothing looked at it"
    stage.frame()
    assert chain.seen is stage.layers[0].target.picture
    assert chain.seen is not None
    assert np.frombuffer(chain.seen.read(), np.uint8)[:3].tolist() == pytest.approx(RED, abs=NEAR)
    chain.looks_at = "layer/2"
    stage.frame()
    assert chain.seen is stage.layers[1].target.own, "what is being drawn can't be read"


def test_shaders_are_effects_of_layers_and_of_the_master(two: Stage) -> None:
    two.layers[1].effects.set_effects(["invert"])
    two.frame()
    inverted = [255 - value for value in BLUE]
    assert two.middle() == pytest.approx(inverted, abs=NEAR)
    two.mixer.effects.set_effects(["invert"])
    two.mixer.apply_values(FrameValues({}))
    assert two.middle() == pytest.approx(BLUE, abs=NEAR)
    two.set(2, **{"effect/invert/on": False})
    assert two.middle() == pytest.approx(inverted, abs=NEAR)
    two.layers[1].effects.set_effects(["no-such-shader"])
    assert "no-such-shader" in two.layers[1].notice
    two.frame()
    assert two.layers[1].is_plain


def test_the_master_s_effects_change_the_whole_picture_before_it_is_darkened(two: Stage) -> None:
    two.set(2, opacity=0.5)
    chain = two.mixer.effects = Inverted(two.ctx)
    inverted = [255 - value for value in mixture(RED, BLUE, 0.5)]
    assert two.middle() == pytest.approx(inverted, abs=NEAR)
    assert two.middle(brightness=0.5) == pytest.approx([value / 2 for value in inverted], abs=NEAR)
    halves = corners(*SIZE)
    stage = Stage(two.ctx, halves)
    stage.mixer.effects = chain
    assert np.array_equal(stage.shown(), 255 - halves.astype(np.int16)), "upright"


def test_a_freeze_holds_what_effects_made(ctx: moderngl.Context) -> None:
    stage = Stage(ctx, RED)
    own, master = Inverted(ctx), Inverted(ctx)
    stage.layers[0].target.effects, stage.mixer.effects = own, master
    assert stage.middle() == pytest.approx(RED, abs=NEAR)
    for _ in range(3):
        stage.made[0].shoot(BLUE)
        stage.made[0].frame(frozen=True)
        assert stage.middle(frozen=True) == pytest.approx(RED, abs=NEAR)
    assert (own.draws, master.draws) == (1, 1)
    stage.made[0].frame()
    assert stage.middle() == pytest.approx(BLUE, abs=NEAR)


def everything(stage: Stage) -> None:
    """Two layers with all that there is, changing."""
    ctx = stage.ctx
    for number, layer in enumerate(stage.layers, start=1):
        layer.target.effects = Inverted(ctx)
        stage.set(number, blend="overlay", key="luma", key_tolerance=0.05, mask="moving", rotate=10.0, x=0.1)
    stage.set(1, bus="A")
    stage.set(2, bus="B", transition="wipe", transition_time=0.5)
    stage.mixer.effects = Inverted(ctx)


@pytest.fixture
def counted(ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The OpenGL objects that are made, by kind."""
    made: list[str] = []
    for kind in ("buffer", "texture", "framebuffer", "program", "vertex_array", "sampler"):
        real = getattr(type(ctx), kind)

        def counting(*args: object, kind: str = kind, real: object = real, **options: object) -> object:
            made.append(kind)
            return real(*args, **options)  # type: ignore[operator]

        monkeypatch.setattr(type(ctx), kind, counting)
    return made


def test_frames_make_nothing_new_and_read_nothing_back(
    two: Stage, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(two)
    for number in range(20):
        two.layers[1].target.begin_transition()
        two.made[0].shoot(RED)
        two.frame(crossfader=0.05 * number)
    counted.clear()
    for owner, name in product((moderngl.Framebuffer, moderngl.Texture), ("read", "read_into")):
        monkeypatch.setattr(owner, name, None)
    tracemalloc.start()
    try:
        for number in range(200):
            if number == 10:
                before = tracemalloc.get_traced_memory()[0]
            if number % 20 == 0:
                two.layers[1].target.begin_transition()
            two.made[0].shoot(RED)
            two.frame(crossfader=0.005 * number)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert counted == []
    assert grown < 20_000, f"{grown} bytes in 190 frames"


def test_a_layer_that_is_released_leaves_nothing_on_the_graphics_card(
    ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second layer comes and goes; the first time, what all layers share is made."""
    made: list[moderngl.Texture | moderngl.Framebuffer] = []
    for kind in ("texture", "framebuffer"):
        real = getattr(type(ctx), kind)

        def keeping(*args: object, real: object = real, **options: object) -> object:
            made.append(real(*args, **options))  # type: ignore[operator]
            return made[-1]

        monkeypatch.setattr(type(ctx), kind, keeping)
    stage = Stage(ctx, RED)
    left = []
    for _ in range(3):
        stage.add(BLUE)
        stage.layers[1].effects.set_effects(["motion-smear"])
        stage.set(2, mask="moving", transition="push", transition_time=1.0)
        stage.frame()
        stage.layers[1].target.begin_transition()
        stage.frame()
        stage.layers.pop().release()
        stage.made.pop().still.release()
        stage.frame()
        left.append(sum(not isinstance(each.mglo, moderngl.InvalidObject) for each in made))
    assert left[0] == left[1] == left[2]


def test_after_the_rehearsal_nothing_is_compiled(ctx: moderngl.Context, counted: list[str]) -> None:
    stage = Stage(ctx, RED, BLUE)
    stage.mixer.rehearse(stage.layers)
    chains = Inverted(ctx), Inverted(ctx)
    counted.clear()
    for layer, chain in zip(stage.layers, chains, strict=True):
        layer.target.effects = chain
    stage.set(1, blend="hue", mask="moving", key="chroma", scale=0.5, bus="A")
    stage.set(2, blend="add", mask="bright", bus="B", transition="fade")
    stage.layers[1].target.begin_transition()
    stage.mixer.effects = chains[0]
    stage.frame(crossfader=0.5)
    stage.frame(crossfader=0.5)
    assert "program" not in counted
