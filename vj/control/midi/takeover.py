"""Takeover: what a control does that stands elsewhere than its parameter. It jumps, waits or approaches.

Positions are those of the control, 0..1. The parameter's value is an argument; no clock is needed.
"""

from collections import deque
from typing import Literal, get_args

from vj.control.midi.scale import Scale
from vj.params.param import Value

TakeoverMode = Literal["none", "pickup", "scale"]
"""What a control does that stands elsewhere than its parameter; see `Takeover`."""
TAKEOVERS: tuple[TakeoverMode, ...] = get_args(TakeoverMode)
"""All modes of takeover, in the order in which they are offered."""

MEETS = 1.001 / 127
"""Positions nearer than this are the same: one step of a control with seven bits."""
_MOST_UNDER_WAY = 512
"""Values that were queued and that the show hasn't applied yet."""


class Takeover:
    """Decides what the moves of one control do to one parameter, depending on the mode.

    ``none``: every move counts, except the first one of a control that was plugged in again, which may be old.
    ``pickup`` (soft takeover): moves count once the control meets or crosses the parameter's value. ``scale``: the
    parameter moves by as large a part of its remaining way as the control moved of its own, until they meet.
    """

    def __init__(self, mode: TakeoverMode, scale: Scale) -> None:
        """``scale`` converts between the control's positions and the parameter's values."""
        self.mode = mode
        self._scale = scale
        self._hand: float | None = None
        """The last position of the control."""
        self._caught = False
        self._skip = False
        self._at = 0.0
        """The position that the parameter's value corresponds to, not rounded as values are."""
        self._confirmed: Value | None = None
        """The last value that the parameter was seen to have."""
        self._posted: deque[Value] = deque(maxlen=_MOST_UNDER_WAY)

    @property
    def waits(self) -> bool:
        """Whether the control has been moved and has no effect yet; true only in the mode ``pickup``."""
        return self.mode == "pickup" and self._hand is not None and not self._caught

    def forget(self) -> None:
        """Forget where the control was: it was away, and may stand anywhere now."""
        self._hand, self._caught, self._skip = None, False, True

    def move(self, position: float, now: Value) -> Value | None:
        """Returns the value that the parameter should be set to, or None if the move has no effect. The caller queues
        that value: it counts as queued from here on.

        The control has come to ``position`` (0..1); ``now`` is the value that the parameter is set to at present, not a
        time.
        """
        if self._is_foreign(now):
            self._caught, self._at = False, self._scale.position(now)
            self._posted.clear()
            self._confirmed = now
        before, self._hand = self._hand, position
        if self.mode == "none":
            skip, self._skip = self._skip, False
            return None if skip else self._post(self._scale.value(position))
        if self.mode == "pickup":
            return self._pick_up(before, position, now)
        return self._approach(before, position)

    def _pick_up(self, before: float | None, position: float, now: Value) -> Value | None:
        wanted = self._scale.value(position)
        if not self._caught:
            crossed = before is not None and (before - self._at) * (position - self._at) <= 0.0
            self._caught = crossed or abs(position - self._at) <= MEETS or wanted == now
        if not self._caught:
            return None
        self._at = position
        return self._post(wanted)

    def _approach(self, before: float | None, position: float) -> Value | None:
        if before is None or position == before:
            return None
        if position > before:
            self._at += (position - before) * (1.0 - self._at) / (1.0 - before)
        else:
            self._at += (position - before) * self._at / before
        return self._post(self._scale.value(self._at))

    def _post(self, value: Value) -> Value:
        self._posted.append(value)
        return value

    def _is_foreign(self, now: Value) -> bool:
        """Returns whether something else than this control has moved the parameter.

        Queued values arrive with the next frame, in order, and some of them are replaced on the way.
        """
        if now in self._posted:
            while self._posted[0] != now:
                self._posted.popleft()
            self._confirmed = now
            return False
        return now != self._confirmed
