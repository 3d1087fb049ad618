"""A show without pictures, for tests of what keeps shows."""

from vj.base.clock import FakeClock
from vj.control.midi.fake import FakePorts
from vj.control.midi.hub import Midi
from vj.params.control_queue import Change, ControlQueue
from vj.params.store import Store
from vj.preset.preset import Preset
from vj.show.desk import Desk
from vj.show.save_load import SaveLoad

STRENGTH, SPEED = "/layer/1/model/strength", "/layer/1/source/speed"
TEXT = """
# a preset of mine
[[layer]]
source = "pattern"   # and so on
model = "identity"
[set]
"/layer/1/model/fade" = 2.0
[[midi]]
address = "/master/opacity"
type = "cc"
number = 5
"""


class Stage:
    """A show without pictures: its desk, a controller, and what keeps it."""

    def __init__(self, preset: Preset, restored: bool = False, period: float = 5.0) -> None:
        self.preset, self.clock, self.queue = preset, FakeClock(), ControlQueue()
        clips = {a: v for number, plan in enumerate(preset.layers, 1) for a, v in plan.clip_values(number).items()}
        self.desk = Desk(Store(preset.table(), {**clips, **preset.values}), preset.plan, self.clock.now())
        store, self.ports = self.desk.store, FakePorts(self.clock)
        self.ports.plug("pad")
        self.midi = Midi(
            store.table,
            self.queue,
            lambda: store.targets,
            lambda: store.revision,
            preset.midi,
            self.clock,
            self.ports,
        )
        self.save_load = SaveLoad(
            lambda: self.preset,
            self.desk,
            self.queue,
            lambda: self.midi.bindings,
            period,
            restored=restored,
            clock=self.clock,
        )
        for handlers in (self.midi.handlers, self.save_load.handlers):
            self.desk.connect(handlers)

    def frame(self, *fired: str, **values: object) -> None:
        for address in fired:
            self.queue.put_change(Change(address, "fire"))
        for address, value in values.items():
            self.queue.put(address.replace("__", "/"), value)
        self.clock.sleep(1 / 30)
        self.desk.advance_frame(self.queue.drain(), self.clock.now(), 1 / 30)
        self.save_load.update()
        self.midi.take_turn()
        if self.save_load._busy:
            self.save_load._busy.join()

    def turn(self, number: int, *positions: int) -> None:
        for position in positions:
            self.ports.play("pad", 0xB0, number, position)
            self.frame()
