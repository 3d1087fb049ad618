"""Keeping a show: saved into its preset, autosaved against a crash, brought back, and another preset taken over.

Files are written and read in threads; the loop only looks in.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from vj import autosave, preset_save
from vj.autosave import Autosave
from vj.control.midi import binding as midi
from vj.control.midi.binding import Binding
from vj.desk import Desk
from vj.errors import BadInput, VjError
from vj.mailbox import Change, Mailbox
from vj.param import ParamTable, Value
from vj.play.state import fit
from vj.preset import Preset, load
from vj.preset_save import PASSING


class Keeper:
    """Does what is below `/show`, and autosaves. ``wants_quit`` once somebody has asked for the end."""

    def __init__(
        self, preset: Preset, desk: Desk, mailbox: Mailbox, bindings: Callable[[], Sequence[Binding]], period: float
    ) -> None:
        """``bindings`` gives the controls as they are bound now; ``period`` (s) is that of autosaving."""
        self._preset, self._desk, self._mailbox, self._bindings = preset, desk, mailbox, bindings
        self._autosave = Autosave(autosave.place(preset.name), self.state, period)
        self._loaded: deque[Preset] = deque()
        self._busy: threading.Thread | None = None
        self._wanted = ""
        self._said = ""
        self.wants_quit = False

    @property
    def notice(self) -> str:
        """What was saved or loaded last, or why it couldn't be."""
        return self._autosave.notice or self._said

    def start(self) -> None:
        """Begin to autosave."""
        self._autosave.start()

    def close(self) -> None:
        """The show ends in order."""
        if self._busy:
            self._busy.join()
        self._autosave.close()

    def state(self) -> dict[str, Any]:
        """What autosaving keeps; JSON-able."""
        targets = dict(self._desk.store.targets)
        return {
            "preset": str(self._preset.path),
            "values": {address: value for address, value in targets.items() if not address.startswith(PASSING)},
            "play": self._desk.play.state(),
            "midi": [midi.written(binding) for binding in self._bindings()],
        }

    def command(self, change: Change) -> None:
        """A trigger below `/show`."""
        if change.address == "/show/quit":
            self.wants_quit = True
        elif change.address == "/show/save":
            self._do(self._save)

    def follow(self, values: Mapping[str, Value]) -> None:
        """Once a frame: take over what was loaded meanwhile, begin to load what is asked for."""
        wanted = str(values["/show/load"])
        if wanted and wanted != self._wanted:
            self._do(lambda: self._load(wanted))
        self._wanted = wanted
        while self._loaded:
            self._take_over(self._loaded.popleft())

    def _do(self, work: Callable[[], None]) -> None:
        """One thing at a time; what is asked for meanwhile is told to wait."""
        if self._busy and self._busy.is_alive():
            self._said = "busy saving or loading: ask again"
            return
        self._busy = threading.Thread(target=work, name="keeper", daemon=True)
        self._busy.start()

    def _save(self) -> None:
        store, play = self._desk.store, self._desk.play
        try:
            path = preset_save.save(self._preset, dict(store.targets), store.table, play.stored, self._bindings())
        except VjError as error:
            self._said = str(error)
        else:
            self._said = f"saved to {path}"

    def _load(self, name: str) -> None:
        try:
            self._loaded.append(load(name))
        except VjError as error:
            self._said = str(error)

    def _take_over(self, preset: Preset) -> None:
        values, left_out = fit(preset.values, self._desk.store.table)
        for address, value in values.items():
            self._mailbox.post(address, value)
        snapshots = {str(slot): {"name": held.name, "set": held.set} for slot, held in preset.plan.snapshots.items()}
        self._desk.play.restore({"snapshots": snapshots})
        self._said = f"took over {preset.name}" + (f" without {', '.join(left_out[:3])}" if left_out else "")


def saved_values(saved: Mapping[str, Any], table: ParamTable) -> dict[str, Value]:
    """Those of an autosaved state that ``table`` still takes."""
    values, _ = fit(saved.get("values"), table)
    return {address: value for address, value in values.items() if not address.startswith(PASSING)}


def saved_bindings(saved: Mapping[str, Any], table: ParamTable) -> tuple[Binding, ...]:
    """Those of an autosaved state that can still work in a show with ``table``."""
    return tuple(_readable(saved.get("midi"), table))


def _readable(written: object, table: ParamTable) -> Iterable[Binding]:
    for entry in written if isinstance(written, list) else ():
        try:
            binding = midi.read(entry)
            midi.check(binding, table)
        except (BadInput, TypeError, ValueError):  # what has gone since isn't worth a show that doesn't start
            continue
        yield binding
