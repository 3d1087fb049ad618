"""What lies between the mail and the picture: everything that hands, beats and sounds do to the values of a show.

Time and control batches are its only inputs: a recorded show goes through it again and comes out the same.
"""

import re
from collections import deque

from vj.modulate.modulation import Modulation
from vj.modulate.modulator import Moment
from vj.params.control_queue import Change, ControlBatch
from vj.params.indicators import Lamps
from vj.params.param import ParamTable, Value
from vj.params.signals import SILENCE, Sound
from vj.params.store import FrameValues, Store
from vj.play.play import Plan, Play
from vj.tempo.control import TempoControl
from vj.tempo.quantise import Quantiser

PANIC = "/master/panic"
_BANK = re.compile(r"(/layer/\d+)/bank/(\d+)")
_NOTHING = ControlBatch({}, (), {}, None)
_MOST_AT_ONCE, _MOST_WAITING = 64, 1024
"""Triggers of one frame, and those that later frames may have to do: a flood, or a cue that launches itself, must not
hold the picture."""
_HEAVY, _WEIGHT = ("/snapshot/", "/random/go", "/cue/goto", PANIC), 8
"""Those that go through all parameters, and how many others each of them counts for. The same one again, with nothing
in between, is done already."""


class Desk:
    """`step` once a frame, `snapshot` is what the frame shows."""

    def __init__(self, store: Store, plan: Plan, now: float) -> None:
        """``plan`` are the snapshots, cues and macros of the preset; beats count from ``now``."""
        self._waiting: deque[Change] = deque()
        self.dropped = 0
        """Triggers of a flood that nothing was done about."""
        self._left = 0
        """Triggers that this frame may still do."""
        self._just_done = ("", 0.0)
        self.store, self.clock = store, TempoControl(store, now)
        tempo = self.clock.tempo
        self.play = Play(store, tempo, plan, self.fire)
        self.quantiser, self.modulation = Quantiser(tempo), Modulation(store.table, self.play.spread)
        self._banks = _banks(store.table)
        self.sound: Sound = SILENCE
        self.snapshot: FrameValues = store.snapshot

    def begin(self, now: float) -> None:
        """The show begins: beats count from here."""
        self.clock.tempo.begin(now)

    def fire(self, change: Change) -> None:
        """A trigger from within, such as a cue's: in the next turn of the same frame, or in the next frame."""
        self._waiting.append(change)

    def settle(self, address: str, value: Value) -> None:
        """A layer says what it plays with by itself: no gesture of anybody's."""
        self.store.take({address: value})

    @property
    def wants_sound(self) -> bool:
        """Whether anything uses sound: the microphone is opened only then."""
        targets = self.store.targets
        return targets["/clock/source"] == "audio" or bool(targets["/audio/device"]) or self.modulation.wants_sound

    @property
    def lamps(self) -> Lamps:
        """What lights of triggers show; from any thread."""
        targets = self.store.targets
        playing = frozenset(address for address, sets in self._banks.items() if sets.items() <= targets.items())
        waiting = frozenset(address for address, _ in self.quantiser.waiting)
        return Lamps(playing, waiting, frozenset(self._banks)) | self.play.lamps

    def step(self, mail: ControlBatch | None, now: float, dt: float, lookahead: float = 0.0) -> list[Change]:
        """Values and triggers of one frame; those that are others' business are returned.

        ``lookahead``: seconds from now until what is launched can be seen.
        """
        mail = mail or _NOTHING
        self.sound = mail.sound or self.sound
        if mail.slots:
            self.play.put(mail.slots)
        self._left, self._just_done = _MOST_AT_ONCE, ("", 0.0)
        others: list[Change] = []
        for piece in mail.pieces():
            others += self._take(piece, now)
        self._waiting.extend(self.quantiser.due(now, lookahead + self.clock.trim))
        others += self._do_all(now)
        self.play.step(now, lookahead + self.clock.trim)
        others += self._do_all(now)
        self.store.advance(dt)
        self.snapshot = self.modulation.apply(self.store.snapshot, self._moment(now, dt), self.fire)
        return others

    def _take(self, piece: ControlBatch, now: float) -> list[Change]:
        """What hands did, in its order: a value that was sent after a trigger counts for more than what that does."""
        self.play.note(piece, now)
        fired = self.store.take(piece.values, piece.changes)
        if piece.values or len(fired) < len(piece.changes):
            self._just_done = ("", 0.0)
        self.clock.step(piece.beats, now)
        self._waiting.extend(change for change in fired if not self._holds(change, now))
        others = self._do_all(now)
        while len(self._waiting) > _MOST_WAITING:  # the oldest go: a panic after a flood gets through
            self._waiting.popleft()
            self.dropped += 1
        return others

    def _holds(self, change: Change, now: float) -> bool:
        """Whether a hand's trigger has to wait for its beat. What cues and modulators set off doesn't: they have."""
        if not self.store.table[change.address].launch:
            return False
        if every := self.clock.quantum:
            self.quantiser.hold(change, every, now)
        else:
            self.quantiser.supersede(change)
        return bool(every)

    def _do_all(self, now: float) -> list[Change]:
        others = []
        while self._waiting and self._left > 0:
            change = self._waiting.popleft()
            what, is_heavy = (change.address, change.amount), change.address.startswith(_HEAVY)
            if is_heavy and what == self._just_done:
                continue
            self._just_done = what
            self._left -= _WEIGHT if is_heavy else 1
            if not self._do(change, now):
                others.append(change)
        return others

    def _do(self, change: Change, now: float) -> bool:
        """Whether what ``change`` asks for was done here."""
        if change.address == PANIC:  # what panic does to values is done by those who play them
            self.quantiser.clear()
        bank = self._banks.get(change.address)
        if bank:
            self.store.take(bank)
        hands = (self.clock, self.play)
        return bool(bank) or self.modulation.command(change) or any(hand.command(change, now) for hand in hands)

    def _moment(self, now: float, dt: float) -> Moment:
        tempo = self.clock.tempo
        return Moment(now, dt, tempo.beat(now), tempo.bar, tempo.phrase, self.sound)


def _banks(table: ParamTable) -> dict[str, dict[str, Value]]:
    """What the triggers of the banks set."""
    found = [(address, _BANK.fullmatch(address)) for address in table]
    return {
        address: {f"{bank[1]}/model": table[f"{bank[1]}/model"].choices[int(bank[2]) - 1]}
        for address, bank in found
        if bank
    }
