"""Follows the MIDI clock of one port, for as long as it ticks."""

from vj.control.midi.message import System
from vj.control.midi.tempo_follower import TempoFollower
from vj.params.control_queue import ControlQueue

LOST = 1.0
"""Seconds without a tick after which another port's clock may be followed."""


class MidiClock:
    """Counts the ticks of a MIDI clock and queues its beats under the name ``midi``. Of several ports it follows one,
    until that has not ticked for `LOST` seconds. ``ticks`` counts the ticks that were followed, 24 a beat; it only ever
    grows.
    """

    def __init__(self, queue: ControlQueue) -> None:
        self._queue = queue
        self._follower = TempoFollower()
        self._port = ""
        self._ticked_at = -LOST
        self.ticks = 0

    @property
    def bpm(self) -> float:
        """The tempo in beats per minute; 0 as long as no clock has ticked long enough. It stays when the clock falls
        silent.
        """
        return self._follower.bpm

    def count(self, port: str, message: System, at: float) -> None:
        """Take a clock's message that came from the port with the name ``port`` at ``at`` (monotonic seconds), and
        queue the beat that it gives; none before six ticks have given a tempo. A message from another port than the one
        that is followed is left out until that one is lost.
        """
        if port != self._port:
            if at - self._ticked_at < LOST:
                return
            self._follower, self._port = TempoFollower(), port
        if message.type == "clock":
            self._ticked_at = at
            self.ticks += 1
            beat = self._follower.tick(at)
        elif message.type == "position":
            beat = self._follower.position(message.value)
        else:
            acts = {"start": self._follower.start, "continue": self._follower.go_on, "stop": self._follower.stop}
            beat = acts[message.type](at)
        if beat:
            self._queue.put_beat("midi", beat)
