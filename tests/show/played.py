"""A show that is played frame by frame without a picture: desk and structure, drawn by fakes."""

from collections.abc import Mapping, Sequence

from vj.base.errors import BadInput
from vj.effect.library import effect_params, shaders
from vj.params.control_queue import Change, ControlBatch
from vj.params.store import Store
from vj.preset import preset as presets
from vj.preset import save as preset_save
from vj.preset.preset import Preset
from vj.show.desk import Desk
from vj.show.structure import Structure

FRAME = 1 / 30


class FakeChain:
    """Notes what it is to draw."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.fired: list[tuple[str, str]] = []
        self.played: dict[str, object] = {}
        self.notice = ""

    def set_effects(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def fire(self, instance: str, name: str) -> None:
        self.fired.append((instance, name))

    def isf(self, instance: str) -> object:
        return self.played.get(instance)


class FakeStage:
    """Notes what is to be drawn."""

    def __init__(self) -> None:
        self.chains: dict[str, FakeChain] = {}
        self.layers: list[int] = []
        self.failed: dict[int, str] = {}
        self.fired: list[str] = []

    def open_chain(self, prefix: str) -> FakeChain:
        self.chains[prefix] = FakeChain()
        return self.chains[prefix]

    def open_layer(self, plan):
        if "bad" in plan.sources[0]:
            raise BadInput("it can't be opened")
        self.layers.append(plan.number)
        return lambda table: {}

    def handlers(self, number: int):
        return lambda table: {
            f"/layer/{number}/source/{name}": lambda change, now: self.fired.append(change.address)
            for name, param in table.below(f"/layer/{number}/source").items()
            if param.kind == "trigger"
        }

    def close_layer(self, number: int) -> None:
        self.layers.remove(number)

    def order_layers(self, numbers: Sequence[int]) -> None:
        self.layers.sort(key=numbers.index)

    def failed_layers(self) -> Mapping[int, str]:
        return {number: self.failed.pop(number) for number in tuple(self.failed)}


class Played:
    """A show that is played frame by frame, and drawn by fakes."""

    def __init__(self, preset: Preset, values: Mapping[str, object] | None = None) -> None:
        self.stage = FakeStage()
        self.stage.layers = [plan.number for plan in preset.layers]
        start = {address: value for plan in preset.layers for address, value in plan.clip_values(plan.number).items()}
        self.desk = Desk(Store(preset.table(), {**start, **preset.values, **(values or {})}), preset.plan, 0.0)
        self.structure = Structure(self.desk, preset, self.stage, effect_params, shaders)
        self.now = 0.0
        self.batches: list[tuple[float, ControlBatch]] = []

    def frame(self, *commands: tuple[str, str], **values: object) -> None:
        changes = [Change(address, "fire", text=text) for address, text in commands]
        self.play(ControlBatch(values, changes, {}, None))

    def play(self, batch: ControlBatch) -> None:
        self.now += FRAME
        self.batches.append((self.now, batch))
        self.desk.advance_frame(batch, self.now, FRAME)
        self.structure.update(self.now)

    @property
    def notice(self) -> str:
        return "; ".join(filter(None, self.structure.notices))

    @property
    def table(self):
        return self.desk.store.table

    def save(self) -> Preset:
        play = self.desk.play
        saved = preset_save.save(self.structure.preset, play.aims, self.table, play.stored, ())
        assert saved.left_out == []
        return presets.load(str(saved.path))
