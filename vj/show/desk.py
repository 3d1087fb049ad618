"""The desk between the controls and the picture: applies what controls, beats and sounds do to the values.

Time and control batches are its only inputs, so a recorded show that goes through it again comes out the same.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial

from vj.control.audio.params import OFF
from vj.modulate.modulation import Modulation
from vj.modulate.modulator import Moment
from vj.params.control_queue import Change, ControlBatch, TriggerHandler
from vj.params.indicators import Indicators
from vj.params.param import Declared, ParamTable, Value
from vj.params.signals import SILENCE, Sound
from vj.params.store import FrameValues, Store
from vj.play.play import Plan, Play
from vj.preset.show_table import PLACES
from vj.tempo.control import TempoControl
from vj.tempo.quantise import Quantiser

PANIC = "/master/panic"
"""The address of the trigger that resets the show to the values that it started with."""
_MOST_AT_ONCE, _MOST_WAITING = 64, 1024
"""The most triggers that one frame carries out, and the most that wait for later frames.

A flood, or a cue that launches itself, must not hold up the picture.
"""
_WEIGHT = 8
"""How many light triggers a heavy one counts for.

If the same heavy one comes again, with nothing in between, it is skipped.
"""
_COMMAND_WEIGHT = 4
"""How many light triggers one with a text counts for: it may change the table."""


class Desk:
    """The desk of one show. Call `advance_frame` once a frame; ``values`` are then the values of that frame.

    ``values`` include what modulators add; ``store`` holds what was set. ``sound`` is the newest sound of any batch.
    Every trigger of the show has one handler, in one table: the desk's own triggers, and those that `connect` adds.
    Only the loop's thread may call the methods.
    """

    def __init__(self, store: Store, plan: Plan, now: float) -> None:
        """``store`` holds the show's values and table; the desk sets them from now on.

        ``plan`` holds the snapshots, cues and macros of the preset; beats count from ``now`` (monotonic seconds).
        """
        self._waiting: deque[Change] = deque()
        self.dropped = 0
        """How many triggers were dropped because more than 1024 waited for later frames."""
        self._left = 0
        """How many triggers this frame may still carry out."""
        self._just_done = ("", 0.0, "")
        self.store = store
        self.tempo_control = TempoControl(store, now)
        tempo = self.tempo_control.tempo
        self.play = Play(store, tempo, plan, self.fire)
        self.quantiser = Quantiser(tempo)
        self.modulation = Modulation(store.table, store.targets, self.play.spread)
        self._banks = _banks(store.table)
        self._columns = _columns(store.table)
        self.sound: Sound = SILENCE
        self.values: FrameValues = store.values
        self._routed = -1
        self._is_modulated = False
        self._after: dict[str, TriggerHandler] = {}
        """Handlers that follow those of the banks."""
        self._handlers: dict[str, TriggerHandler] = {
            address: partial(self._play_bank, sets) for address, sets in self._banks.items()
        }
        self.connect({PANIC: self._panic})
        self.connect(dict.fromkeys(self._columns, self._launch_column))
        for handlers in (self.modulation.handlers, self.tempo_control.handlers, self.play.handlers):
            self.connect(handlers)

    def connect(self, handlers: Mapping[str, TriggerHandler]) -> None:
        """Add the handlers of triggers, by address; each is called with the change and the frame's time.

        A trigger without a handler does nothing. A handler for a bank's button or a clip's launch is called after the
        desk has set its value. Raises ValueError for an address that has a handler already; then none is added.
        """
        after = {address: handler for address, handler in handlers.items() if address in self._banks}
        others = {address: handler for address, handler in handlers.items() if address not in self._banks}
        if twice := sorted((self._handlers.keys() & others.keys()) | (self._after.keys() & after.keys())):
            raise ValueError(f"two handlers for {', '.join(twice)}")
        self._handlers.update(others)
        self._after.update(after)

    def change_table(
        self,
        remove: Iterable[str],
        declare: Iterable[Declared],
        start: Mapping[str, Value] | None = None,
        handlers: Mapping[str, TriggerHandler] | None = None,
    ) -> None:
        """Remove parameters and declare others in the running show, at once; see `Store.change_table`.

        What held on to a parameter that was removed lets go of it: fades end, its trigger loses its handler. Then
        ``handlers`` are connected; see `connect`.
        """
        declared = list(declare)
        gone = self.store.change_table(remove, declared, start)
        for address in gone:
            self._handlers.pop(address, None)
            self._after.pop(address, None)
        self.play.let_go(gone)
        if any(prefix.endswith("/bank") for prefix, _ in declared) or not self._banks.keys().isdisjoint(gone):
            self._banks, self._columns = _banks(self.store.table), _columns(self.store.table)
            self._handlers |= {address: partial(self._play_bank, sets) for address, sets in self._banks.items()}
        self.connect(handlers or {})

    def handles(self, address: str) -> bool:
        """Returns whether the trigger at ``address`` has a handler."""
        return address in self._handlers

    def begin(self, now: float) -> None:
        """Begin the show: the beat is 0 at ``now`` (monotonic seconds). Values stay as they are."""
        self.tempo_control.tempo.begin(now)

    def fire(self, change: Change) -> None:
        """Queue ``change``, which fires a trigger from within the show, such as a cue's or a modulator's. It doesn't
        wait for a beat, and its address isn't checked here.

        It is carried out in this frame or the next one, later if many wait: up to 64 light or 8 heavy ones in a frame.
        A heavy one that comes twice in a row in one frame is carried out once. If more than 1024 wait when controls
        send something, the oldest are dropped and counted in ``dropped``.
        """
        self._waiting.append(change)

    def settle(self, corrections: Mapping[str, Value]) -> None:
        """Set ``corrections``, by address, that the show makes by itself, such as the model that a layer fell back to.

        ``values`` have them from the next frame on. They must be checked already, and can't be undone.
        """
        if corrections:
            self.store.apply_values(corrections)

    @property
    def wants_sound(self) -> bool:
        """Whether anything uses sound: the clock follows it, an input is chosen, or it moves a modulator with a target.

        The microphone isn't opened before this is true.
        """
        targets = self.store.targets
        chosen = targets["/audio/device"] not in ("", OFF)
        return targets["/clock/source"] == "audio" or chosen or self.modulation.wants_sound

    @property
    def indicators(self) -> Indicators:
        """What controllers show on the lights of triggers: which snapshots, cues, bank models and clips play, wait or
        exist. A column exists if any of its clips does, and plays if all of them do.

        Every trigger that waits for its beat is among those that wait. May be read from any thread.
        """
        targets = self.store.targets
        there = {address for address in self._banks if targets.get(f"{address}/source", True)}
        playing = {address for address in there if self._banks[address].items() <= targets.items()}
        for column in self._columns:
            if launches := there.intersection(self._columns[column]):
                there.add(column)
                playing |= {column} if launches <= playing else set()
        waiting = frozenset(address for address, _ in self.quantiser.waiting)
        return Indicators(frozenset(playing), waiting, frozenset(there)) | self.play.indicators

    def advance_frame(self, batch: ControlBatch | None, now: float, dt: float, lookahead: float = 0.0) -> None:
        """Apply ``batch``, bring tempo, launches, cues, fades, smoothing and modulators to ``now``, and set ``values``.

        ``batch`` is None if no control sent anything. ``now`` is in monotonic seconds, ``dt`` are those since the last
        call. ``lookahead`` is the time (s) from ``now`` until the frame can be seen. Launches happen earlier by that,
        to be seen on their beat. Of many triggers, up to 64 (or 8 heavy ones) are carried out; the others wait for
        later frames.
        """
        self._left, self._just_done = _MOST_AT_ONCE, ("", 0.0, "")
        if batch:
            self._apply_batch(batch, now)
        else:
            self.tempo_control.advance({}, now)
        self._waiting.extend(self.quantiser.due(now, lookahead + self.tempo_control.trim))
        self._do_all(now)
        self.play.advance(now, lookahead + self.tempo_control.trim)
        self._do_all(now)
        self.store.advance(dt)
        self.values = self._modulated(now, dt)

    def _apply_batch(self, batch: ControlBatch, now: float) -> None:
        """Apply ``batch`` in its order: a value that was sent after a trigger replaces what the trigger sets."""
        self.sound = batch.sound or self.sound
        if batch.slots:
            self.play.load_snapshots(batch.slots)
        for piece in batch.pieces():
            self.play.note_touched(piece, now)
            fired = self.store.apply_values(piece.values, piece.changes)
            if piece.values or len(fired) < len(piece.changes):
                self._just_done = ("", 0.0, "")
            self.tempo_control.advance(piece.beats, now)
            self._waiting.extend(change for change in fired if not self._holds(change, now))
            self._do_all(now)
            while len(self._waiting) > _MOST_WAITING:  # the oldest go: a panic after a flood gets through
                self._waiting.popleft()
                self.dropped += 1

    def _modulated(self, now: float, dt: float) -> FrameValues:
        if self.store.revision != self._routed:
            self._routed = self.store.revision
            self._is_modulated = self.modulation.find_routes()
        if not self._is_modulated:
            return self.store.values
        return self.modulation.apply(self.store.values, self._moment(now, dt), self.fire)

    def _holds(self, change: Change, now: float) -> bool:
        """Hold a control's trigger until its beat, if it has to wait for one. Returns whether it is held.

        Triggers of cues and modulators never come here: they are carried out at once.
        """
        if not self.store.table[change.address].launch:
            return False
        if every := self.tempo_control.quantum:
            self.quantiser.hold(change, every, now)
        else:
            self.quantiser.supersede(change)
        return bool(every)

    def _do_all(self, now: float) -> None:
        """Carry out the triggers that wait, as many as this frame may."""
        while self._waiting and self._left > 0:
            change = self._waiting.popleft()
            if change.address not in self.store.table:  # it was removed while the trigger waited
                continue
            what, is_heavy = (change.address, change.amount, change.text), self.store.table[change.address].heavy
            if is_heavy and what == self._just_done:
                continue
            self._just_done = what
            self._left -= _WEIGHT if is_heavy else _COMMAND_WEIGHT if change.text else 1
            self.play.follow_knobs(now)
            if handler := self._handlers.get(change.address):
                handler(change, now)

    def _panic(self, change: Change, now: float) -> None:
        self.quantiser.clear()
        self.play.panic()

    def _play_bank(self, sets: Mapping[str, Value], change: Change, now: float) -> None:
        self.store.apply_values(sets)
        if after := self._after.get(change.address):
            after(change, now)

    def _launch_column(self, change: Change, now: float) -> None:
        """Launch the clips of a column, in the layers that have one there."""
        for address in self._columns[change.address]:
            if self.store.targets[f"{address}/source"]:
                self.fire(Change(address, "fire", at=change.at))

    def _moment(self, now: float, dt: float) -> Moment:
        tempo = self.tempo_control.tempo
        return Moment(now, dt, tempo.beat(now), tempo.bar, tempo.phrase, self.sound)


def _banks(table: ParamTable) -> dict[str, dict[str, Value]]:
    """Returns the values that each bank button and each launch of a clip sets, by its address."""
    sets: dict[str, dict[str, Value]] = {}
    for number in table.numbers("/layer"):
        model = f"/layer/{number}/model"
        for name in table.below(f"/layer/{number}/bank"):
            sets[f"/layer/{number}/bank/{name}"] = {model: table[model].choices[int(name) - 1]}
        clip = f"/layer/{number}/clip"
        sets |= {f"{clip}/{place}": {clip: place} for place in PLACES if f"{clip}/{place}" in table}
    return sets


def _columns(table: ParamTable) -> dict[str, tuple[str, ...]]:
    """Returns the addresses of the clips' launches, from layer 1 on, by that of the column in which they stand."""
    launches = [address for address in _banks(table) if "/clip/" in address]
    columns = {f"/column/{place}": tuple(a for a in launches if a.endswith(f"/{place}")) for place in PLACES}
    return {column: found for column, found in columns.items() if column in table}
