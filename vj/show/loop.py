"""One frame, in order: the whole way of a frame on the display's side. Nothing in here waits but for the refresh."""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vj.base.clock import Clock, Pace
from vj.base.process_priority import realtime
from vj.base.stats import DisplayStats
from vj.control.file_drop import FileDrop
from vj.control.keyboard import Keyboard
from vj.params.control_queue import ControlBatch, ControlQueue
from vj.params.param import Value
from vj.show.control_recording import ControlLog, Replay
from vj.show.controllers import Controllers
from vj.show.frame_step import FrameStep
from vj.show.hud import Hud
from vj.sink.surface import Sink, Surface


@dataclass
class Loop:
    """Everything that one frame touches; `vj.show.show` wires it."""

    clock: Clock
    pacer: Pace
    queue: ControlQueue
    step: FrameStep
    hud: Hud
    surface: Surface
    keyboard: Keyboard
    dropped: FileDrop
    controllers: Controllers
    sinks: Sequence[Sink]
    stats: DisplayStats
    follows: bool = False
    """Whether the loop goes at the rate of the display, whichever that is just now."""
    records_hud: bool = False
    """Whether the heads-up display is in what the sinks take, too."""
    log: ControlLog | None = None
    replay: Replay | None = None
    _ended: float = field(default=0.0, init=False)

    def rehearse(self) -> None:
        """Draw everything once, unseen and uncounted: drivers compile shaders at their first use."""
        mixer = self.step.mixer
        mixer.rehearse(self.step.layers)
        self.hud.rehearse(mixer.canvas)
        self.step.draw()
        mixer.canvas.read()

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
        now, canvas = self.clock.now(), self.step.mixer.canvas

        self._take_controls(now)
        self.controllers.update()

        values = self.step.desk.values
        self.step.apply_values()
        captured = self.step.update_layers(now)
        updated = self.clock.now()

        self.step.draw()
        self.hud.read(now)
        if self.records_hud:
            self._draw_hud(values)
        drawn = self.clock.now()

        for sink in self.sinks:
            sink.take_frame(canvas, now)
        if not self.records_hud:
            self._draw_hud(values)
        taken = self.clock.now()
        self.surface.present(canvas, bool(values["/output/fullscreen"]), str(values["/output/fit"]))
        shown = self.clock.now()

        self.stats.present(shown, captured)
        self.stats.spent(updated - now, drawn - updated, taken - drawn, shown - taken)
        self.pacer.wait()
        self._ended = self.clock.now()

    def _draw_hud(self, values: Mapping[str, Value]) -> None:
        """Over the picture where it is switched on; also while a control is learned, as the HUD says what to move."""
        if values["/output/hud"] or values["/output/keys"] or values["/learn/on"]:
            self.hud.draw(self.step.mixer.canvas, self._notices(), keys=bool(values["/output/keys"]))

    def _play(self, going: Callable[[], bool]) -> None:
        now = self.clock.now()
        for recording in (self.log, self.replay):
            if recording:
                recording.begin(now)
        self.step.begin(now)
        self.stats.start()
        for layer in self.step.layers:
            layer.start_counting()
        if self.log or self.replay:
            self._rewind()
        while going() and not self.surface.closing and not self.keyboard.quit_requested:
            self.surface.poll(self._go_on)
            self._follow_display()
            self.frame()
        if self.log:
            self.log.record(self.clock.now(), ControlBatch({}, (), {}, None))  # how long the show was

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
        for layer in self.step.layers:
            if f"{layer.source.prefix}/seek" in self.step.desk.store.table:
                layer.source.send_trigger("seek", 0.0)

    def _take_controls(self, now: float) -> None:
        """What keys and controllers did since the last frame, and what a control recording did then."""
        for key, pressed in self.surface.key_events():
            self.keyboard.key(key, pressed)
        self.dropped.use_files(self.surface.dropped())
        self.controllers.poll_sound(now)
        for at, recorded in self.replay.due(now) if self.replay else ():
            self._advance(recorded, at)  # each at its own time
        self._advance(self.queue.drain(), now)

    def _advance(self, batch: ControlBatch | None, now: float) -> None:
        if batch and self.log:
            self.log.record(now, batch)
        self.step.advance(batch, now, self._lookahead())

    def _lookahead(self) -> float:
        """Seconds from the start of a frame until what changes in it is seen, to the nearest frame: drawing and
        presenting, half a period, and the slowest model's inference, as they were measured.
        """
        inference = max((layer.inference for layer in self.step.layers), default=0.0)
        return self.stats.to_show + self.stats.period / 2.0 + inference

    def _notices(self) -> list[str]:
        notices = [*self.controllers.notices(), *(sink.notice() for sink in self.sinks), self.dropped.notice]
        return [notice for notice in (*notices, self.log.notice if self.log else "") if notice]
