"""What is measured of effects: the same shader as without us, and costs that are told when there are any."""

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import ctx  # noqa: F401 - a fixture
from vj.base.frame import Size
from vj.bench import gl
from vj.effect import library
from vj.effect.effect import Effect, EffectMoment
from vj.effect.isf import PICTURE

SIZE = Size(64, 36)


@pytest.mark.parametrize("name", gl.PASSES)
def test_both_draw_the_same_picture(ctx: moderngl.Context, name: str) -> None:  # noqa: F811
    isf, picture = library.isf(name), gl._picture(ctx, SIZE)
    assert len(isf.passes) == 1
    assert not isf.targets, "the bare loop keeps no buffers"
    drawn = Effect(ctx, isf, SIZE).draw(None, {PICTURE: picture}, EffectMoment())
    bare = gl.BareShader(ctx, isf, SIZE)
    bare.draw(picture, 0.0)
    assert drawn.read() == bare._texture.read()
    assert np.frombuffer(drawn.read(), np.uint8).std() > 1.0


def test_a_pass_is_timed_both_ways(ctx: moderngl.Context) -> None:  # noqa: F811
    assert min(gl.pass_times(ctx, library.isf("posterise"), SIZE, 0.01)) > 0.0
    assert gl.pass_line("posterise", 0.003, 0.002) == (
        "pass posterise: 3.00 ms, bare 2.00 ms: 1.50 (at most 1.5: held)"
    )
    assert gl.pass_line("posterise", 0.0031, 0.002).endswith("1.55 (at most 1.5: NOT held)")


def test_a_chain_makes_nothing_and_reads_nothing(ctx: moderngl.Context) -> None:  # noqa: F811
    costs = gl.chain_costs(ctx, gl.CHAIN, SIZE)
    assert (costs.cycles, costs.made, costs.read) == (0, 0, 0)
    assert costs.kept < gl.MOST_KEPT
    assert costs.passing < gl.MOST_PASSING
    assert len(gl.CHAIN) == 6
    assert not [line for line in gl.chain_lines(costs) if "NOT held" in line]


def test_what_a_chain_costs_is_seen(ctx: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    kept, draw = list[object](), Effect.draw

    def wasteful(effect, target, inputs, moment):  # type: ignore[no-untyped-def]
        texture = draw(effect, target, inputs, moment)
        kept.append((texture.read(), ctx.texture((1, 1), 4)))
        cycle = list[object]()
        cycle.append(cycle)
        return texture

    monkeypatch.setattr(Effect, "draw", wasteful)
    costs = gl.chain_costs(ctx, ["posterise"], SIZE)
    assert (costs.cycles, costs.made, costs.read) == (gl._WATCHED, gl._WATCHED + 1, gl._WATCHED + 1)
    assert min(costs.kept, costs.passing) > 4 * SIZE.width * SIZE.height
    assert len([line for line in gl.chain_lines(costs) if "NOT held" in line]) == 4


@pytest.mark.show
def test_four_layers_are_held_against_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "SIZE", Size(160, 90))
    (line,) = gl._layer_lines(0.05)
    assert line.startswith("a frame of one layer ")
    assert "each with 2 effects: " in line
