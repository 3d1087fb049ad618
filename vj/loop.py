"""One frame, in order. This is the whole way of a frame on the display's side, and it never waits for anybody."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vj.clock import Clock, Pace
from vj.control.dropped import Dropped
from vj.control.keyboard import Keyboard
from vj.hud import Hud
from vj.layer import Layer
from vj.mailbox import Change, Mailbox
from vj.mix import Mixer
from vj.priority import realtime
from vj.sink.surface import Sink, Surface
from vj.stats import DisplayStats
from vj.store import Store


@dataclass
class Loop:
    """Everything that one frame touches; `vj.show` wires it."""

    clock: Clock
    pacer: Pace
    mailbox: Mailbox
    store: Store
    layers: Sequence[Layer]
    mixer: Mixer
    hud: Hud
    surface: Surface
    keyboard: Keyboard
    dropped: Dropped
    sinks: Sequence[Sink]
    stats: DisplayStats
    _last: float = field(default=0.0, init=False)

    def run(self, going: Callable[[], bool]) -> None:
        """Frames until ``going`` says no, the window is closed, or the performer quits."""
        self._rehearse()
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection in the middle of a show would be a late frame
        try:
            with realtime():
                self._play(going)
        finally:
            gc.enable()
            gc.unfreeze()

    def frame(self) -> None:
        """Controls in, newest pictures in, picture out."""
        now = self.clock.now()
        dt, self._last = now - self._last, now

        for key, pressed in self.surface.key_events():
            self.keyboard.key(key, pressed)
        self.dropped.take(self.surface.dropped())
        for change in self.store.step(self.mailbox.drain(), dt):
            self._fire(change)
        snapshot = self.store.snapshot

        captured = None
        for layer in self.layers:
            layer.follow(snapshot)
            captured = layer.update(now, dt, bool(snapshot["/master/freeze"])) or captured
        updated = self.clock.now()

        self.mixer.draw(self.layers, snapshot)
        self.hud.read(now)
        if snapshot["/output/hud"]:
            self.hud.draw(self.mixer.canvas, self._notices())
        drawn = self.clock.now()

        for sink in self.sinks:
            sink.take(self.mixer.canvas, now)
        taken = self.clock.now()
        self.surface.present(self.mixer.canvas, snapshot)
        shown = self.clock.now()

        self.stats.present(shown, captured)
        self.stats.spent(updated - now, drawn - updated, taken - drawn, shown - taken)
        self.pacer.wait()

    def _play(self, going: Callable[[], bool]) -> None:
        self._last = self.clock.now()
        self.stats.start()
        for layer in self.layers:
            layer.start_counting()
        while going() and not self.surface.closing and not self.keyboard.quit_requested:
            self.frame()

    def _rehearse(self) -> None:
        """Draw everything once, unseen and uncounted: drivers compile shaders at their first use."""
        self.mixer.rehearse(self.layers)
        self.hud.draw(self.mixer.canvas, ())
        self.mixer.draw(self.layers, self.store.snapshot)
        self.mixer.canvas.read()

    def _fire(self, change: Change) -> None:
        if change.address == "/master/panic":
            self.store.reset()
        for layer in self.layers:
            layer.command(change)

    def _notices(self) -> list[str]:
        notices = [sink.notice() for sink in self.sinks] + [self.dropped.notice]
        return [notice for notice in notices if notice]
