"""Layers whose source and engine are the test's own: their pictures, and what the engine says of itself."""

from collections.abc import Sequence

import numpy as np

from tests.gl.pictures import Image, seen
from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.child.latest_frame import LatestFrame
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import picture_number
from vj.effect.loader import ShaderLoader
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.gl.steadying import SteadyPass
from vj.layers.before_chain import BeforeChain
from vj.layers.fallback_picture import built_in_still
from vj.layers.layer import Layer
from vj.layers.layer_mask import PeopleSource
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import ModelSwitcher
from vj.layers.source_slots import SOURCE_READERS, SOURCE_TO_MOTION, reader_number
from vj.layers.steady import Steady
from vj.layers.training import LayerTraining
from vj.model.files.library import shared_values
from vj.params.param import ParamTable, Value
from vj.params.store import FrameValues
from vj.preset.layer_plan import LayerPlan, bank_of
from vj.preset.model_settings import ModelSettings
from vj.preset.show_table import show_table
from vj.render.lockstep import InProcessChild
from vj.render.stepped_motion import SteppedMotion
from vj.source import SOURCES

SIZE = Size(64, 36)
RED, BLUE, GREEN = (240, 40, 0), (0, 80, 200), (20, 200, 60)


class MadeLayer:
    """One layer with a bank of two models; ``values`` are those of the next frame."""

    def __init__(
        self,
        canvas: Canvas,
        number: int = 1,
        models: Sequence[str] = ("identity", "style26"),
        passes: LayerPass | None = None,
        shaders: ShaderLoader | None = None,
        steadied: bool = False,
        before: BeforeChain | None = None,
        people: PeopleSource | None = None,
        training: LayerTraining | None = None,
    ) -> None:
        bank, others = bank_of([*models, "dream-zoom"])
        plan = LayerPlan(("movie",), (*bank, *others)[:2], (*bank, *others)[2:])
        self.canvas, self.plan, self.number = canvas, plan, number
        self.table: ParamTable = show_table([(("movie",), plan.models)] * number)
        self.values: dict[str, Value] = {a: p.default for a, p in self.table.items() if p.kind != "trigger"}
        self.source = self._worker("source", SharedParams({p.name: p for p in SOURCES["movie"].params}))
        self.bank = self._worker("model", shared_values(plan.models))
        names = [entry.name for entry in plan.bank]
        self.switcher = ModelSwitcher(self.bank, names, names[0], self._refuse, lambda worker: None)
        passes, still = passes or LayerPass(canvas), built_in_still(canvas.ctx, SIZE)
        self.still, settings = still, ModelSettings(number, plan)
        steady = None
        if steadied:
            motion = SteppedMotion([self.source.output], reader_number(number, SOURCE_TO_MOTION))
            steady = Steady(SteadyPass(canvas.ctx), motion, by_itself=True)
        source, switcher = self.source, self.switcher
        self.layer = Layer(
            passes,
            number,
            source,
            switcher,
            still,
            settings,
            shaders=shaders,
            waits=True,
            steady=steady,
            before=before,
            people=people,
            training=training,
        )
        self._writers = {worker: worker.output.writer() for worker in (self.source, self.bank)}
        self.now = 100.0

    def shoot(self, colour: tuple[int, int, int] | Pixels, captured: float | None = None) -> int:
        """The source gives a picture, of one colour or a whole one; returns its number."""
        number = picture_number(self.source.slot, self.source.output.published + 1)
        self._publish(self.source, colour, self.now if captured is None else captured, number)
        return number

    def launch(self) -> None:
        """Another clip plays: its source is another one, which hasn't given a picture yet."""
        self.source = self._worker("source", SharedParams({p.name: p for p in SOURCES["movie"].params}))
        self.source.slot = self.layer.source.slot + 1
        self._writers[self.source] = self.source.output.writer()
        self.layer.clips.playing.worker = self.source

    def model(
        self,
        colour: tuple[int, int, int] | Pixels,
        of: int,
        maker: int = 1,
        captured: float | None = None,
        size: Size = SIZE,
    ) -> None:
        """The engine gives its result, of ``size``, for the source's picture number ``of``."""
        self._publish(self.bank, colour, self.now if captured is None else captured, of, maker, size)

    def frame(self, seconds: float = 1 / 60, frozen: bool = False, **model: Value) -> dict[str, Value]:
        """``seconds`` later; ``model`` are parameters of the model. Returns the layer's corrections."""
        self.now += seconds
        self.values |= {f"/layer/{self.number}/model/{name}": value for name, value in model.items()}
        corrections = self.layer.apply_values(FrameValues(dict(self.values)))
        self.captured = self.layer.update(self.now, seconds, frozen)
        return corrections

    def shown(self) -> Image:
        """The middle of what the layer draws alone."""
        return self.drawn()[18, 32]

    def drawn(self) -> Image:
        """All of what the layer draws alone."""
        self.canvas.begin()
        self.layer.draw()
        return seen(self.canvas)

    def _worker(self, name: str, values: SharedParams) -> LayerWorker:
        child = InProcessChild(name, {"seek", "restart"})
        readers = SOURCE_READERS if name == "source" else 1
        return LayerWorker(child, LatestFrame.create(*SIZE, readers=readers), values, f"/layer/{self.number}/{name}")

    def _publish(
        self,
        worker: LayerWorker,
        colour: tuple[int, int, int] | Pixels,
        captured: float,
        origin: int = 0,
        maker: int = 0,
        size: Size = SIZE,
    ) -> int:
        pixels = np.asarray(colour).astype(np.uint8)
        height, width = pixels.shape[:2] if pixels.ndim == 3 and pixels.shape[0] > 1 else (size.height, size.width)
        self._writers[worker].begin(height, width)[:] = pixels
        return self._writers[worker].publish(captured, origin, maker)

    def _refuse(self, name: str) -> LayerWorker:
        raise Unavailable(f"{name} isn't here yet")
