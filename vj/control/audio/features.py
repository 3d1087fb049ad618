"""The show's side of listening: it queues what the child hears, once a frame."""

from collections.abc import Callable, Mapping

import numpy as np

from vj.child.process import ChildSpec
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child, Limits
from vj.control.audio.params import OFF, PARAMS
from vj.control.audio.shared_features import POINTS, Curve, SharedFeatures
from vj.params.control_queue import ControlQueue
from vj.params.param import Value
from vj.params.signals import BANDS, SILENCE, Beat, Sound

PREFIX = "/audio"
"""What the parameters' addresses begin with."""
_HOLD, _FADE = 0.2, 0.25
"""Seconds for which the last sound stays when no newer one comes, and seconds in which it then fades to nothing."""
_UNHEARD = 1.0
"""Seconds without a sound after which the performer is warned."""
_LIMITS = Limits(start=15.0, silence=6.0)
"""A sound system takes its time to start; one that takes longer hangs."""


class AudioFeatures:
    """Queues every new `Sound`, and the beat that is heard in it. When no more sounds come, the last one fades to zero.

    ``child`` is the process that listens, ``values`` the parameters that it reads, and ``shared`` what it has heard.
    ``spectrum`` and ``waveform`` belong to the sound that was queued last (see `SharedFeatures`), faded with it. Copy
    them to keep them: later calls of `queue_newest` write over them.
    """

    def __init__(
        self,
        child: Child,
        values: SharedParams,
        shared: SharedFeatures,
        queue: ControlQueue,
        targets: Mapping[str, Value],
        revision: Callable[[], int],
    ) -> None:
        """``targets`` are what the parameters are set to now, by whole address (`/audio/gain`); ``revision`` returns a
        number that changes when one of them does. ``values`` and ``shared`` are the memory that the child has attached,
        and are closed with `close`.
        """
        self.child = child
        self.values = values
        self.shared = shared
        self._queue = queue
        self._targets = targets
        self._revision = revision
        self._shared = tuple((name, f"{PREFIX}/{name}") for name in values.names)
        self._looked_at = -1
        self._sent: Mapping[str, Value] = {}
        self._faded: Curve = np.zeros(2 * POINTS, np.float32)
        self._left = 0.0
        self._sound = self._raw = SILENCE
        self._before = (0, 0)
        self._beat: Beat | None = None
        self._polled = self._began = 0.0

    @classmethod
    def start(cls, queue: ControlQueue, targets: Mapping[str, Value], revision: Callable[[], int]) -> "AudioFeatures":
        """Returns an instance with a child and memory of its own. The child isn't started yet: add ``child`` to the
        supervisor. Sounds and beats go into ``queue``; ``targets`` are what the parameters are set to now, by whole
        address (`/audio/gain`); ``revision`` returns a number that changes when one of them does.
        """
        values, shared = SharedParams({param.name: param for param in PARAMS}), SharedFeatures()
        spec = ChildSpec("sound", "vj.control.audio.analysis_process:main", nice=0)
        spec = spec.given(values.fds + shared.fds, values=values.describe(), shared=shared.describe())
        return cls(Child(spec, lambda: shared.heartbeats, _LIMITS), values, shared, queue, targets, revision)

    @property
    def spectrum(self) -> Curve:
        """`POINTS` magnitudes (float32, 0..1 over 60 dB, 1 the loudest), at even steps from 0 to half the sample rate;
        zeros while nothing is heard. A view, not a copy: later calls of `queue_newest` write over it.
        """
        return self.shared.spectrum if self._left == 1.0 else self._faded[:POINTS]

    @property
    def waveform(self) -> Curve:
        """`POINTS` samples (float32, −1..1), about the last 20 ms; zeros while nothing is heard. A view, not a copy:
        later calls of `queue_newest` write over it.
        """
        return self.shared.waveform if self._left == 1.0 else self._faded[POINTS:]

    @property
    def beat(self) -> Beat | None:
        """The beat of the sound that was queued last, or None while none is heard."""
        return self._beat

    @property
    def state(self) -> str:
        """``off`` (no input is wanted), ``listening``, ``deaf`` (no sound comes), or the state of the child while it
        doesn't run: ``starting``, ``restarting``, ``stopped`` or ``unavailable``.
        """
        if self.child.state != "running":
            return self.child.state
        if self._is_off:
            return "off"
        return "listening" if self._left == 1.0 else "deaf"

    @property
    def notice(self) -> str:
        """What is wrong, as a line for the display that begins with ``sound:``; empty while all is well. That no sound
        comes shows after a second.
        """
        if self.child.state == "restarting":
            return f"sound: {self.child.fault}"
        if (
            self.child.state == "starting"
            or self._is_off
            or self._polled - max(self.shared.published, self._began) < _UNHEARD
        ):
            return ""
        if why := self.child.info.get("notice"):
            return f"sound: {why}"
        return f"sound: nothing heard from {self.child.info.get('title') or self._device or 'the default input'!r}"

    def send_values(self) -> None:
        """Write the values of all parameters below `/audio` into the child's shared memory, if any has changed since
        the last call. Cheap where ``revision`` is the same.
        """
        revision = self._revision()
        if revision == self._looked_at:
            return
        self._looked_at = revision
        wanted = {name: self._targets[address] for name, address in self._shared}
        if wanted != self._sent:
            self._sent = wanted
            self.values.write(wanted)

    def queue_newest(self, now: float) -> None:
        """Queue the newest sound and its beat (as ``audio``) if there is one that was not queued yet; else, after 0.2 s
        without another, queue the last sound, softer at each call, until it has faded to zero after 0.25 s more. Its
        counts of onsets and kicks only grow, also when the child starts anew. Call it once a frame, with its time
        ``now`` (monotonic seconds).
        """
        self._began = self._began or now
        self._polled = now
        shared = self.shared
        if shared.read():
            self._left, self._beat = 1.0, shared.beat
            self._sound = self._counted(shared.sound)
            self._queue.put_sound(self._sound)
            if shared.beat:
                self._queue.put_beat("audio", shared.beat)
        elif self._left > 0.0 and now - shared.published > _HOLD:
            self._fade(shared, max(0.0, 1.0 - (now - shared.published - _HOLD) / _FADE))

    def close(self) -> None:
        """Release the shared memory of ``values`` and ``shared``. Call it once the child is gone."""
        self.values.close()
        self.shared.close()

    @property
    def _device(self) -> str:
        return str(self.values.read()["device"])

    @property
    def _is_off(self) -> bool:
        return self._device == OFF

    def _fade(self, shared: SharedFeatures, left: float) -> None:
        self._left, self._beat = left, None
        np.multiply(shared.spectrum, left, out=self._faded[:POINTS])
        np.multiply(shared.waveform, left, out=self._faded[POINTS:])
        self._queue.put_sound(self._sound._replace(**{name: left * getattr(self._sound, name) for name in BANDS}))

    def _counted(self, sound: Sound) -> Sound:
        """Returns ``sound`` with counts of onsets and kicks that go on from those of an earlier input or child."""
        if sound.onsets < self._raw.onsets or sound.kicks < self._raw.kicks:
            self._before = self._sound.onsets, self._sound.kicks
        self._raw = sound
        onsets, kicks = self._before
        return sound._replace(onsets=onsets + sound.onsets, kicks=kicks + sound.kicks)
