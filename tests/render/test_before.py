"""Effects before the model, in the process that renders: the model sees them, and nothing depends on the moment."""

from collections.abc import Iterator

import numpy as np
import pytest

from vj.base.frame import Pixels, Size
from vj.child.latest_frame import Reader
from vj.effect.loader import ShaderLoader
from vj.layers.before_chain import BeforeChain
from vj.layers.start_children import ChildSettings
from vj.model.files.library import MODEL
from vj.params.param import Value
from vj.params.store import FrameValues
from vj.preset.layer_plan import LayerPlan, bank_of
from vj.render.lockstep import SteppedLayer, SteppedSources

SETTINGS = ChildSettings(Size(160, 88), 10.0, Size(160, 88), "auto")


class Rendering:
    """A test card whose model changes nothing, with effects before it."""

    def __init__(self, *effects: str) -> None:
        self.sources = SteppedSources(SETTINGS, 1.0)
        bank, others = bank_of(["identity"])
        plan = LayerPlan(("pattern:",), tuple(bank), tuple(others))
        self.layer = SteppedLayer(1, plan, "pattern:", SETTINGS, 1.0, self.sources)
        self.before = BeforeChain("/layer/1/before", ShaderLoader(SETTINGS.size, background=False), self.layer.shaper)
        self.before.set_effects(effects)
        self.source: Reader = self.layer.source.output.reader(0)
        self.results: Reader = self.layer.switcher.bank.output.reader(0)
        self.now = 1.0

    def frame(self, **values: Value) -> tuple[Pixels, Pixels]:
        """The next frame, with values by names in the chain: the source's picture, and the model's from that one."""
        self.before.apply_values(
            FrameValues({f"/layer/1/before/{name.replace('__', '/')}": value for name, value in values.items()})
        )
        switcher = self.layer.switcher
        switcher.read_from(self.before.slot_for(self.layer.source))
        assert switcher.bank.own[MODEL] == "identity"
        switcher.bank.values.write(switcher.bank.own)
        self.sources.advance(self.now)
        self.layer.advance(self.now)
        self.now += 0.1
        source, result = self.source.newest(), self.results.newest()
        assert source
        assert result
        assert (result.origin, result.captured) == (source.origin, source.captured)
        return source.pixels.copy(), result.pixels.copy()

    def close(self) -> None:
        self.layer.close()
        self.sources.close()


@pytest.fixture
def opened() -> Iterator[list[Rendering]]:
    made: list[Rendering] = []
    yield made
    for rendering in made:
        rendering.close()


def furthest(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other).max())


def test_the_model_sees_what_the_effects_make_of_the_source_s_picture(opened: list[Rendering]) -> None:
    opened.append(Rendering("invert"))
    rendering = opened[0]
    for _ in range(3):
        source, result = rendering.frame()
        assert furthest(result, 255 - source) <= 1, "in the very first frame, too"
    source, result = rendering.frame(invert__on=False)
    assert furthest(result, source) <= 1
    source, result = rendering.frame(invert__on=True)
    assert furthest(result, 255 - source) <= 1
    rendering.before.set_effects(["invert", "invert-2"])
    source, result = rendering.frame()
    assert furthest(result, source) <= 1
    rendering.before.set_effects([])
    source, result = rendering.frame()
    assert furthest(result, source) <= 1


def test_two_runs_show_the_same(opened: list[Rendering]) -> None:
    opened += [Rendering("trails", "film-grain", "glitch") for _ in range(2)]
    runs = [[rendering.frame(trails__mix=0.7)[1] for _ in range(4)] for rendering in opened]
    assert all(np.array_equal(*pair) for pair in zip(*runs, strict=True))
    assert furthest(runs[0][0], runs[0][3]) > 20
