"""Control recordings: every control batch of a show with its time, as lines of JSON, and their exact replay.

The first line describes the show. Every other line is a batch: ``t`` (s since the show began), ``v`` values, ``c``
changes (address, action, amount, time and, where it has one, text), ``a`` how many of those came before a value did,
``b`` beats, ``s`` sound, ``p`` snapshots that were loaded. What is empty is left out. The times inside are since the
beginning, too.
"""

import json
import math
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from vj.base.errors import BadInput
from vj.base.new_file import open_free
from vj.params.changing import brings_others, comes_and_goes
from vj.params.control_queue import ACTIONS, Action, Change, ControlBatch
from vj.params.param import Param, ParamTable, Value
from vj.params.scope import Scope
from vj.params.signals import Beat, Sound
from vj.play.scene_values import listed

VERSION = 1
_FLUSH = 0.25
"""Seconds between two writes, which a crash may cost."""
_LONGEST_LINE = 1 << 20
"""The most characters of a line that are read."""
_FIRST_LINE = 2
"""The number of the line with the first batch."""
_LARGEST = 1e9
"""The largest absolute value of a time, a beat or an amount in a batch."""
_ROUNDED = 6
"""Decimal places of recorded times (s); comparisons allow for this rounding."""


class ControlLog:
    """Writes a control recording in a thread of its own. A disk that fails ends the recording, not the show.

    ``path`` is the file that is written, ``count`` how many batches are in it. ``notice`` says why the recording has
    stopped; else it is empty.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], table: ParamTable) -> None:
        """Make the file, write its first line, and start the thread.

        ``header`` is JSON-able and describes the show; that line holds it. Of each batch, the values and changes are
        left out whose parameters in ``table`` lack the scope RECORDING. If there is a file at ``path``, it stays as
        it is, and ``NAME-2``, ``NAME-3`` and so on is written beside it. Raises BadInput if no file can be made.
        """
        try:
            self._file = open_free(path)
        except OSError as error:
            raise BadInput(f"can't record controls to {str(path)!r}: {error.strerror}") from None
        self.path = Path(self._file.name)
        self.notice = ""
        self.count = 0
        self._left_out = frozenset(table) - table.within(Scope.RECORDING)
        self._waiting: deque[tuple[float, ControlBatch]] = deque()
        self._began = math.nan
        self._file.write(json.dumps({"vj": "control", "version": VERSION, **header}) + "\n")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control log", daemon=True)
        self._thread.start()

    def begin(self, now: float) -> None:
        """Count recorded times from ``now`` (monotonic seconds). Call it before the first `record`."""
        self._began = now

    def record(self, now: float, batch: ControlBatch) -> None:
        """Queue ``batch``, which was drained at ``now`` (monotonic seconds), for the thread to write within 0.25 s.

        Never waits; the loop calls it. An empty batch makes a line, too.
        """
        self._waiting.append((now, batch))

    def close(self) -> None:
        """Have the thread write the rest, wait for it, and close the file. Harmless a second time."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join()
            try:
                self._file.close()
            except OSError as error:
                self._stop(error)

    def _run(self) -> None:
        while not self._closing.wait(_FLUSH):
            self._write()
        self._write()

    def _write(self) -> None:
        try:
            while self._waiting:
                now, batch = self._waiting.popleft()
                if not self.notice:
                    line = _written(now - self._began, _recorded(batch, self._left_out), self._began)
                    self._file.write(json.dumps(line) + "\n")
                    self.count += 1
            self._file.flush()
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        self.notice = f"control recording stopped: {error.strerror}"


@dataclass(frozen=True)
class Recording:
    """A control recording that was read from the file ``path``: its header and its batches."""

    path: Path
    header: Mapping[str, Any]
    """The first line: ``vj``, ``version``, and what describes the show, as that of an autosaved state."""
    batches: tuple[tuple[float, ControlBatch], ...]
    """One for each line below the header's, in order: its time, and the batch.

    All times, also those within the batches, are in seconds since the show began.
    """

    @property
    def seconds(self) -> float:
        """The time of the last batch, which is how long the show was if it ended in order; 0 without batches."""
        return self.batches[-1][0] if self.batches else 0.0

    def checked(self, table: ParamTable) -> "Recording":
        """Returns a copy in which every value and change is checked against its parameter in ``table``.

        Numbers out of range are clamped. Raises BadInput, with the file and the line, for the first unknown address,
        value or action that ``table`` doesn't take. After the first that may add or remove effects, clips or layers,
        their addresses are left to `Replay`, which knows what there is then.
        """
        batches, has_changed = [], False
        for number, (time, batch) in enumerate(self.batches, start=_FIRST_LINE):
            try:
                later = [a for a in _addresses(batch) if has_changed and comes_and_goes(a)]
                batches.append((time, _checked(batch, table, later)))
            except BadInput as error:
                raise BadInput(f"{self.path}: line {number}: {error}") from None
            has_changed |= any((param := table.find(a)) and brings_others(a, param) for a in _addresses(batch))
        return replace(self, batches=tuple(batches))


class Replay:
    """Hands out the batches of a recording, each once, when their times have come. It applies nothing itself."""

    def __init__(self, recording: Recording, table: ParamTable) -> None:
        """``recording`` should be `Recording.checked` against ``table``, the show's, which changes as it is played."""
        self._batches = deque(recording.batches)
        self._table = table
        self._version = table.version
        self._began = 0.0
        self.notice = ""
        """What of the batches the show did not take when they were due, the last one; usually empty."""

    def begin(self, now: float) -> None:
        """Count the recording's times from ``now`` (monotonic seconds). Call it before `due`."""
        self._began = now

    def due(self, now: float) -> Iterator[tuple[float, ControlBatch]]:
        """Yield the batches whose times have come by ``now`` (monotonic seconds) and that weren't given yet, in order.

        Each comes as its time and the batch, in which all times are moved to the show's clock (monotonic seconds), too.
        What names an effect or a layer that isn't there then, or no longer fits, is left out.
        """
        while self._batches and self._batches[0][0] <= now - self._began + 10.0**-_ROUNDED:
            at, batch = self._batches.popleft()
            if self._table.version != self._version or any(a not in self._table for a in _addresses(batch)):
                batch, left_out = _fitting_part(batch, self._table)
                self.notice = f"replay at {at:.2f} s without {listed(left_out)}" if left_out else self.notice
            yield self._began + at, _moved(batch, self._began)

    @property
    def left(self) -> int:
        """How many batches are still to come."""
        return len(self._batches)


def read(path: Path) -> Recording:
    """Returns the recording in the file ``path``. A last line that a crash has cut is left out.

    Values and addresses aren't checked; `Recording.checked` does that. Raises BadInput, naming the file and mostly the
    line, if it can't be read, is no recording of this version, has a line that is no batch, or times that go back.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"can't read control recording {str(path)!r}: {error}") from None
    header = _json(path, 1, lines[0])
    if header.get("vj") != "control" or header.get("version") != VERSION:
        raise BadInput(f"{path} is no control recording of version {VERSION}: {lines[0][:80]!r}")
    whole = lines[1:-1]  # what follows the last line break is empty, or was cut
    batches = tuple(_read_batch(path, number, line) for number, line in enumerate(whole, start=_FIRST_LINE))
    for number, (before, after) in enumerate(pairwise(batches), start=_FIRST_LINE + 1):
        if after[0] < before[0]:
            raise BadInput(f"{path}: line {number}: its time, {after[0]} s, is before that of the line above it")
    return Recording(path, header, batches)


def _json(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line[:_LONGEST_LINE], parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: line {number}: {error}") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path}: line {number}: {line[:80]!r} is no JSON object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number that a recording may hold")


def _read_batch(path: Path, number: int, line: str) -> tuple[float, ControlBatch]:
    raw = _json(path, number, line)
    try:
        changes = [_change(*written) for written in raw.get("c", ())]
        beats = {str(source): _beat(*told) for source, told in raw.get("b", {}).items()}
        sound = _sound(*raw["s"]) if "s" in raw else None
        after = {str(address): round(_number(count)) for address, count in raw.get("a", {}).items()}
        return _number(raw["t"]), ControlBatch(
            dict(raw.get("v", {})), changes, beats, sound, dict(raw.get("p", {})), after
        )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise BadInput(f"{path}: line {number}: no batch of controls: {error!r}") from None


def _change(address: object, action: object, amount: object, at: object, text: object = "") -> Change:
    return Change(str(address), _action(action), _number(amount), _number(at), str(text))


def _number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) <= _LARGEST:
        raise ValueError(f"{raw!r} is no number of -{_LARGEST:g}..{_LARGEST:g}")
    return float(raw)


def _sound(*parts: object) -> Sound:
    if len(parts) != len(Sound._fields):
        raise ValueError(f"{len(parts)} parts of a sound; there are {len(Sound._fields)}")
    told = Sound._make(map(_number, parts))
    return told._replace(onsets=int(told.onsets), kicks=int(told.kicks))


def _beat(at: object, beat: object, bpm: object, playing: object) -> Beat:
    if _number(bpm) <= 0.0:
        raise ValueError(f"{bpm!r} beats a minute")
    return Beat(_number(at), _number(beat), _number(bpm), bool(playing))


def _action(name: object) -> Action:
    if name not in get_args(Action):
        raise ValueError(f"unknown action {name!r}; choices: {', '.join(get_args(Action))}")
    return name  # type: ignore[return-value]


def _recorded(batch: ControlBatch, left_out: Collection[str]) -> ControlBatch:
    """Returns ``batch`` without the addresses ``left_out``. Presets that were loaded are in it as values."""
    values = {address: value for address, value in batch.values.items() if address not in left_out}
    kept = [number for number, change in enumerate(batch.changes, start=1) if change.address not in left_out]
    after = {address: bisect_right(kept, batch.after[address]) for address in values if address in batch.after}
    return batch._replace(values=values, changes=[batch.changes[number - 1] for number in kept], after=after)


def _written(time: float, batch: ControlBatch, began: float) -> dict[str, Any]:
    line: dict[str, Any] = {"t": round(time, _ROUNDED)}
    if batch.values:
        line["v"] = batch.values
    if any(batch.after.values()):
        line["a"] = batch.after
    if batch.changes:
        line["c"] = [
            [c.address, c.action, c.amount, c.at and round(c.at - began, _ROUNDED), *([c.text] if c.text else ())]
            for c in batch.changes
        ]
    if batch.beats:
        line["b"] = {
            source: [round(b.at - began, _ROUNDED), b.beat, b.bpm, b.playing] for source, b in batch.beats.items()
        }
    if batch.sound:
        line["s"] = [round(part, 4) for part in batch.sound]
    if batch.slots:
        line["p"] = dict(batch.slots)
    return line


def _moved(batch: ControlBatch, by: float) -> ControlBatch:
    """Returns ``batch`` with the times in it moved ``by`` seconds, from the recording's clock to the show's."""
    changes = [replace(change, at=change.at and change.at + by) for change in batch.changes]
    beats = {source: beat._replace(at=beat.at + by) for source, beat in batch.beats.items()}
    return batch._replace(changes=changes, beats=beats)


def _addresses(batch: ControlBatch) -> list[str]:
    return [*batch.values, *(change.address for change in batch.changes)]


def _checked(batch: ControlBatch, table: ParamTable, later: Collection[str]) -> ControlBatch:
    """Returns ``batch``, checked but for the addresses ``later``. Raises BadInput."""
    values = {a: value if a in later else _checked_value(a, value, table) for a, value in batch.values.items()}
    changes = [c if c.address in later else _fitting(c, table[c.address]) for c in batch.changes]
    return batch._replace(values=values, changes=changes)


def _checked_value(address: str, value: object, table: ParamTable) -> Value:
    param = table[address]
    if param.kind == "trigger":
        raise BadInput(f"{address} is a trigger and holds no value")
    return param.check(value, strict=param.kind == "picture")  # a dropped file may be anywhere


def _fitting_part(batch: ControlBatch, table: ParamTable) -> tuple[ControlBatch, list[str]]:
    """Returns ``batch`` with what ``table`` takes of it now, and the addresses of the rest."""
    values: dict[str, Value] = {}
    changes: list[Change | None] = []
    for address, value in batch.values.items():
        with suppress(BadInput):
            values[address] = _checked_value(address, value, table)
    for change in batch.changes:
        try:
            changes.append(_fitting(change, table[change.address]))
        except BadInput:
            changes.append(None)
    kept = [number for number, change in enumerate(changes, start=1) if change]
    after = {address: bisect_right(kept, number) for address, number in batch.after.items() if address in values}
    gone = [a for a in batch.values if a not in values]
    gone += [c.address for c, fitting in zip(batch.changes, changes, strict=True) if fitting is None]
    return batch._replace(values=values, changes=[c for c in changes if c], after=after), gone


def _fitting(change: Change, param: Param) -> Change:
    """Returns ``change`` as ``param`` takes it. Raises BadInput."""
    if param.kind not in ACTIONS[change.action]:
        raise BadInput(f"{change.action} is not for {change.address}, which is a {param.kind}")
    if param.takes_text:
        return replace(change, text=str(param.check(change.text)))
    if param.kind == "trigger" and param.low != param.high:
        return replace(change, amount=float(param.check(change.amount)))
    return change
