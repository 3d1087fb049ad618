"""What is said of a layer in large letters: its clip and the coming one, its model, effects, blend mode, opacity."""

from types import SimpleNamespace
from typing import Any

import moderngl
import pytest

from tests.gl.pictures import seen
from tests.layers.made import BLUE, RED, MadeLayer
from tests.show.test_hud import LARGE, Stage
from vj.gl.canvas import Canvas
from vj.gl.text import EMPTY, FULL, Text
from vj.params.param import Value
from vj.show.hud_layers import layer_lines, master_lines, training_lines

PREFIX = "/layer/2"


def layer(**changed: Any) -> Any:
    """As much of a layer as is told of."""
    clips = SimpleNamespace(place=1, wanted=1, places={1: "movie:/films/waves.mp4", 2: "camera:", 3: "pattern:x"})
    composition = SimpleNamespace(how=SimpleNamespace(blend="normal"), solo=False, bypass=False, bus="none")
    found = {
        "number": 2,
        "prefix": PREFIX,
        "clips": clips,
        "composition": composition,
        "switcher": SimpleNamespace(name="style26"),
        "wanted": "style26",
        "effects": SimpleNamespace(effects=()),
        "before": SimpleNamespace(effects=()),
        "source": SimpleNamespace(child=SimpleNamespace(info={"title": "a camera"})),
    }
    return SimpleNamespace(**(found | changed))


def rows_of_text(stage: Stage) -> list[int]:
    """The heights of the lines that it draws, the uppermost first."""
    stage.canvas.begin()
    stage.canvas.clear()
    stage.hud.draw(stage.canvas, ())
    rows = seen(stage.canvas).max(axis=(1, 2)) > 128
    edges = [row for row in range(1, LARGE.height) if rows[row] != rows[row - 1]]
    return [last - first for first, last in zip(edges[::2], edges[1::2], strict=False)]


def said(shown: Any, **values: Value) -> str:
    given = {f"{PREFIX}/opacity": 1.0} | {f"{PREFIX}/{name}": value for name, value in values.items()}
    return layer_lines([shown], given)[0]


def test_what_is_as_usual_is_left_out() -> None:
    assert said(layer()) == "2  waves   style26   100%"


def test_clips_have_names_and_the_coming_one_is_told() -> None:
    coming = layer()
    coming.clips.wanted = 3
    assert said(coming, **{"clip/1/name": "The sea"}) == "2  The sea > x   style26   100%"
    coming.clips.wanted = 2
    assert said(coming).startswith("2  waves > camera   ")
    named = said(coming, **{"clip/2/name": "a name that is far too long for one line"})
    assert named.startswith("2  waves > a name that is far..   ")
    coming.clips.places, coming.clips.wanted = {}, 1
    assert said(coming).startswith("2  a camera   ")


def test_models_effects_and_composition() -> None:
    shown = layer(wanted="painting", effects=SimpleNamespace(effects=("mirror", "grade-2")))
    shown.composition.how.blend, shown.composition.solo, shown.composition.bus = "screen", True, "A"
    line = said(shown, opacity=0.805, **{"effect/grade-2/on": False})
    assert line == "2  waves   style26 > painting   mirror (grade-2)   screen   80%   solo   bus A"


def test_what_shapes_the_model_s_view_stands_before_it() -> None:
    shown = layer(before=SimpleNamespace(effects=("edges", "blur")), effects=SimpleNamespace(effects=("mirror",)))
    assert said(shown, **{"before/blur/on": False}) == "2  waves   edges (blur) -> style26   mirror   100%"
    shown.before.effects = ("edges-of-everything", "blur-of-everything")
    assert said(shown) == "2  waves   edges-of-everythin.. -> style26   mirror   100%"


def test_the_master_s_effects_have_a_line_of_their_own() -> None:
    assert master_lines((), {}) == []
    off = {"/master/effect/bloom/on": False}
    assert master_lines(("kaleidoscope", "bloom"), off) == ["master   kaleidoscope (bloom)"]
    assert master_lines(["kaleidoscope"] * 9, off, 40) == ["master   kaleidoscope kaleidoscope kal.."]


def test_they_are_as_large_as_those_of_layers(ctx: moderngl.Context) -> None:
    stage = Stage(ctx)
    before = rows_of_text(stage)
    stage.hud._master = SimpleNamespace(effects=("jelly",))  # type: ignore[assignment]
    stage.hud._stale = True
    after = rows_of_text(stage)
    assert after[0] == before[0]
    assert after[1] == pytest.approx(before[0], abs=4), "and the readings follow"
    assert after[1] > 1.3 * max(after[2:5])


def test_effects_are_cut_where_there_is_no_room() -> None:
    many = layer(effects=SimpleNamespace(effects=[f"effect-{n}" for n in range(20)]))
    (line,) = layer_lines([many], {f"{PREFIX}/opacity": 1.0}, 60)
    assert line == "2  waves   style26   effect-0 effect-1 effect-2 eff..   100%"


def test_the_top_layer_comes_first() -> None:
    top, bottom = layer(), layer(number=1)
    assert [line[0] for line in layer_lines([bottom, top], {f"{PREFIX}/opacity": 1.0})] == ["2", "1"]


def test_they_are_larger_than_the_readings_and_above_them(ctx: moderngl.Context) -> None:
    stage = Stage(ctx)
    heights = rows_of_text(stage)
    assert heights[0] > 1.3 * max(heights[1:4])
    assert layer_lines(stage.hud._layers, stage.desk.values)[0].endswith("identity   100%")


def test_a_real_layer_is_told_of(ctx: moderngl.Context) -> None:
    made = MadeLayer(Stage(ctx).canvas)
    made.model(BLUE, of=made.shoot(RED))
    made.frame()
    assert layer_lines([made.layer], made.values) == ["1  clip 1   identity   100%"]


def trained(**changed: Any) -> str:
    """The line on the layer's training."""
    found = {"name": "look-1", "state": "learning", "error": 30.0, "seconds": 12.3, "waits": False, "kept": "/x/01.png"}
    lines = training_lines([layer(training=SimpleNamespace(**(found | changed)))], 70)
    return lines[0] if lines else ""


def test_a_look_that_is_learned_has_seconds_an_error_and_a_bar() -> None:
    assert trained() == f"2  look-1   {FULL * 12}{EMPTY * 12}   12 s   error 30.0"
    assert trained(error=0.0, state="stopped") == f"2  look-1   {FULL * 24}   12 s   error 0.0   stopped"
    assert trained(error=99.0) == f"2  look-1   {EMPTY * 24}   12 s   error 99.0"
    assert len(trained(name="a name that is far too long for it")) <= 70


def test_before_it_is_learned_the_line_says_what_is_waited_for() -> None:
    assert trained(state="") == ""
    assert training_lines([layer(training=None)]) == []
    assert trained(state="cold", name="") == "2  the trainer starts"
    assert trained(state="ready", name="") == "2  ready: keep a picture"
    assert trained(state="kept", waits=True) == "2  look-1   paint over 01.png, and save it or drop it here"
    assert trained(state="learning", error=-1.0) == "2  look-1   begins to learn"


def test_the_bar_is_white_and_as_high_as_letters(ctx: moderngl.Context) -> None:
    canvas = Canvas(ctx, LARGE)
    text = Text(ctx, pixels=20)

    def drawn(line: str) -> Any:
        canvas.begin()
        canvas.clear()
        text.write([line])
        text.draw(ctx, canvas.size)
        return seen(canvas)[..., 0]

    full, half = drawn(FULL * 20), drawn(FULL * 10 + EMPTY * 10)
    white = full > 200
    height = int(white.any(axis=1).sum())
    assert 12 <= height <= 20
    middle = int(white.any(axis=1).argmax()) + height // 2
    assert full[middle, 20:200].min() > 200, "without gaps"
    assert half[middle, 20:100].min() > 200
    assert half[middle, 120:200].max() < 100
    assert half[middle, 120:200].min() > 40, "what is still to come is faint"
