"""One frame, in order. This is the whole way of a frame on the display's side, and it never waits for anybody."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vj.base.clock import Clock, Pace
from vj.base.process_priority import realtime
from vj.base.stats import DisplayStats
from vj.control.file_drop import Dropped
from vj.control.keyboard import Keyboard
from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.params.control_queue import Change, ControlBatch, ControlQueue
from vj.params.store import FrameValues
from vj.show.control_recording import ControlLog, Replay
from vj.show.controllers import Hands
from vj.show.desk import Desk
from vj.show.hud import Hud
from vj.sink.surface import Sink, Surface


@dataclass
class Loop:
    """Everything that one frame touches; `vj.show.show` wires it."""

    clock: Clock
    pacer: Pace
    mailbox: ControlQueue
    desk: Desk
    layers: Sequence[Layer]
    mixer: Mixer
    hud: Hud
    surface: Surface
    keyboard: Keyboard
    dropped: Dropped
    hands: Hands
    sinks: Sequence[Sink]
    stats: DisplayStats
    follows: bool = False
    """Whether the loop goes at the rate of the display, whichever that is just now."""
    records_hud: bool = False
    """Whether the heads-up display is in what the sinks take, too."""
    log: ControlLog | None = None
    replay: Replay | None = None
    _last: float = field(default=0.0, init=False)
    _ended: float = field(default=0.0, init=False)

    def rehearse(self) -> None:
        """Draw everything once, unseen and uncounted: drivers compile shaders at their first use."""
        self.mixer.rehearse(self.layers)
        self.hud.rehearse(self.mixer.canvas)
        self.mixer.draw(self.layers, self.desk.snapshot)
        self.mixer.canvas.read()

    def run(self, going: Callable[[], bool]) -> None:
        """Frames until ``going`` says no, the window is closed, or the performer quits."""
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
        dt = now - self._last

        self._take_mail(now)
        snapshot = self.desk.snapshot
        self.hands.follow(snapshot)

        captured = None
        for layer in self.layers:
            layer.follow(snapshot)
            captured = layer.update(now, dt, bool(snapshot["/master/freeze"])) or captured
        updated = self.clock.now()

        self.mixer.draw(self.layers, snapshot)
        self.hud.read(now)
        if self.records_hud:
            self._draw_hud(snapshot)
        drawn = self.clock.now()

        for sink in self.sinks:
            sink.take(self.mixer.canvas, now)
        if not self.records_hud:
            self._draw_hud(snapshot)
        taken = self.clock.now()
        self.surface.present(self.mixer.canvas, snapshot)
        shown = self.clock.now()

        self.stats.present(shown, captured)
        self.stats.spent(updated - now, drawn - updated, taken - drawn, shown - taken)
        self.pacer.wait()
        self._ended = self.clock.now()

    def _draw_hud(self, snapshot: FrameValues) -> None:
        """Over the picture where it is switched on; also while a control is learned, as the HUD says what to move."""
        if snapshot["/output/hud"] or snapshot["/output/keys"] or snapshot["/learn/on"]:
            self.hud.draw(self.mixer.canvas, self._notices(), keys=bool(snapshot["/output/keys"]))

    def _play(self, going: Callable[[], bool]) -> None:
        self._last = self.clock.now()
        for recording in (self.log, self.replay):
            if recording:
                recording.begin(self._last)
        self.desk.begin(self._last)
        self.stats.start()
        for layer in self.layers:
            layer.start_counting()
        if self.log or self.replay:
            self._rewind()
        while going() and not self.surface.closing and not self.keyboard.quit_requested:
            self.surface.poll(self._go_on)
            self._follow_display()
            self.frame()
        if self.log:
            self.log.take(self.clock.now(), ControlBatch({}, (), {}, None))  # how long the show was

    def _go_on(self) -> None:
        """A frame while the window system keeps hold of us, unless the last one has only just been shown."""
        if self.clock.now() - self._ended > self.pacer.period / 2:
            self.frame()

    def _follow_display(self) -> None:
        """Go at the rate of the monitor that the window is on, and count by it."""
        if self.follows and self.surface.refresh > 0.0:
            self.pacer.period = self.stats.period = 1.0 / self.surface.refresh

    def _rewind(self) -> None:
        """A show that is recorded begins where its replay and its rendering will: with a film's first picture."""
        for layer in self.layers:
            if f"{layer.source.prefix}/seek" in self.desk.store.table:
                layer.source.command("seek", 0.0)

    def _take_mail(self, now: float) -> None:
        """What keys and controllers did since the last frame, and what a control recording did then."""
        for key, pressed in self.surface.key_events():
            self.keyboard.key(key, pressed)
        self.dropped.take(self.surface.dropped())
        self.hands.listen(now)
        self._catch_up(now)
        self._step(self.mailbox.drain(), now)

    def _step(self, mail: ControlBatch | None, now: float) -> None:
        if mail and self.log:
            self.log.take(now, mail)
        for change in self.desk.step(mail, now, max(0.0, now - self._last), self._lookahead()):
            self._fire(change)
        self._last = max(self._last, now)

    def _catch_up(self, now: float) -> None:
        """Play back what a control recording has for this frame, each mail at its own time."""
        for at, mail in self.replay.due(now) if self.replay else ():
            self._step(mail, at)

    def _lookahead(self) -> float:
        """Seconds from the start of a frame until what changes in it is seen, to the nearest frame: drawing and
        presenting, half a period, and the slowest model's inference, as they were measured.
        """
        inference = max((layer.inference for layer in self.layers), default=0.0)
        return self.stats.to_show + self.stats.period / 2.0 + inference

    def _fire(self, change: Change) -> None:
        for layer in self.layers:
            layer.command(change)
        self.hands.command(change)

    def _notices(self) -> list[str]:
        notices = [*self.hands.notices(), *(sink.notice() for sink in self.sinks), self.dropped.notice]
        return [notice for notice in (*notices, self.log.notice if self.log else "") if notice]
