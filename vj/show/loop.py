"""The display loop: what one frame does, in order. It waits for nothing but the display's refresh."""

import gc
import time
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
    """The display loop and what its frames use; `vj.show.show` makes it. All of it runs in the calling thread.

    Call `rehearse`, then `run`. ``queue`` is what controls put into, ``step`` the steps of a frame, ``pacer`` holds its
    rate, and ``stats`` count what is presented.
    """

    clock: Clock
    pacer: Pace
    queue: ControlQueue
    step: FrameStep
    hud: Hud
    surface: Surface
    keyboard: Keyboard
    file_drop: FileDrop
    controllers: Controllers
    sinks: Sequence[Sink]
    stats: DisplayStats
    follows: bool = False
    """Whether the loop runs at the refresh rate of the display, also when that changes."""
    records_hud: bool = False
    """Whether the sinks get the heads-up display as well."""
    log: ControlLog | None = None
    """Writes a control recording of this show, if one is wanted."""
    replay: Replay | None = None
    """A control recording that is played back in this show, if any."""
    _ended: float = field(default=0.0, init=False)

    def rehearse(self) -> None:
        """Draw the layers, the effects and the heads-up display once, unseen and uncounted; waits for the GPU.

        Drivers compile shaders at their first use. Call it before `run`.
        """
        mixer = self.step.mixer
        mixer.rehearse(self.step.layers)
        self.step.flashes.rehearse()
        self.hud.rehearse(mixer.canvas)
        self.step.draw()
        mixer.canvas.read()

    def run(self, going: Callable[[], bool]) -> None:
        """Play frames until ``going`` returns False, the window is closed, or the quit key is pressed.

        ``going`` is asked before every frame. Beats, statistics, a control recording and a replay begin with this call.
        Meanwhile garbage isn't collected in this process, and this thread has real-time priority where that is allowed.
        """
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
        """Play one frame: apply the controls, take the newest pictures, draw, give sinks the canvas, and present.

        Returns when the next frame is due. `run` calls it.
        """
        now, canvas = self.clock.now(), self.step.mixer.canvas

        self._take_controls(now)
        self.controllers.update()

        values = self.step.desk.values
        self.step.apply_values()
        captured = self.step.update_layers(now)
        self._inform_effects()
        updated = self.clock.now()

        self.step.draw()
        self.hud.read(now, self.step.flashes.counts)
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

    def _inform_effects(self) -> None:
        """Bring the sound and the date to the effects, if there are any."""
        mixer, audio = self.step.mixer, self.controllers.audio
        if audio.state == "listening":
            for layer in self.step.layers:
                layer.before.hear(audio.waveform, audio.spectrum)
        if mixer.has_effects(self.step.layers):
            if audio.state == "listening":
                mixer.sound.upload(audio.waveform, audio.spectrum)
            today = time.localtime()
            seconds = 3600.0 * today.tm_hour + 60.0 * today.tm_min + today.tm_sec
            mixer.moment.date = (float(today.tm_year), float(today.tm_mon), float(today.tm_mday), seconds)

    def _draw_hud(self, values: Mapping[str, Value]) -> None:
        """Draw the heads-up display if it is switched on, and also while a control is learned: it says what to move."""
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
        self.step.flashes.finish()
        if self.log:
            self.log.record(self.clock.now(), ControlBatch({}, (), {}, None))  # marks the end of the show

    def _go_on(self) -> None:
        """Play a frame while the window system doesn't return, unless the last one was shown only just now."""
        if self.clock.now() - self._ended > self.pacer.period / 2:
            self.frame()

    def _follow_display(self) -> None:
        """Take over the rate of the monitor that the window is on, also for counting missed refreshes."""
        if self.follows and self.surface.refresh > 0.0:
            self.pacer.period = self.stats.period = 1.0 / self.surface.refresh

    def _rewind(self) -> None:
        """Rewind films: a recorded show begins with their first picture, as its replay and its rendering will."""
        for layer in self.step.layers:
            if f"{layer.source.prefix}/seek" in self.step.desk.store.table:
                layer.source.send_trigger("seek", 0.0)

    def _take_controls(self, now: float) -> None:
        """Apply what keys and controllers sent since the last frame, and what a control recording has for this time."""
        for key, pressed in self.surface.key_events():
            self.keyboard.key(key, pressed)
        self.file_drop.use_files(self.surface.dropped())
        self.controllers.poll_sound(now)
        for at, recorded in self.replay.due(now) if self.replay else ():
            self._advance(recorded, at)  # each at its own time
        self._advance(self.queue.drain(), now)

    def _advance(self, batch: ControlBatch | None, now: float) -> None:
        if batch and self.log:
            self.log.record(now, batch)
        self.step.advance(batch, now, self._lookahead())

    def _lookahead(self) -> float:
        """Returns the seconds from the start of a frame until what changes in it is seen, to the nearest frame.

        These are the times for drawing and presenting and for the slowest model's inference, as measured, and half a
        period.
        """
        inference = max((layer.inference for layer in self.step.layers), default=0.0)
        return self.stats.to_show + self.stats.period / 2.0 + inference

    def _notices(self) -> list[str]:
        made = self.step.structure.notices if self.step.structure else []
        notices = [*made, *self.controllers.notices(), *(sink.notice() for sink in self.sinks), self.file_drop.notice]
        recorded = [recording.notice for recording in (self.log, self.replay) if recording]
        return [notice for notice in (*notices, *recorded) if notice]
