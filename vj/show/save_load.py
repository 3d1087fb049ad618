"""Saves a show into its preset, autosaves it against a crash, restores it, and takes over another preset.

Files are written and read in threads, for which the loop never waits.
"""

import gc
import shlex
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vj.base.clock import Clock, LiveClock
from vj.base.errors import BadInput, VjError, unknown
from vj.control.midi import mapping as midi
from vj.control.midi.mapping import MidiBinding
from vj.params.control_queue import Change, ControlQueue, TriggerHandler
from vj.params.param import ParamTable, Value
from vj.params.scope import Scope
from vj.play.saved_state import told
from vj.play.scene_values import fit, listed
from vj.preset import save as preset_save
from vj.preset.parts import check_binding
from vj.preset.preset import Preset, available, load
from vj.show import autosave
from vj.show.autosave import Autosave
from vj.show.desk import Desk

SAID = 10.0
"""Seconds for which a notice is shown."""
_PATIENCE = 5.0
"""Seconds that saving or loading may still take when the show ends."""


class SaveLoad:
    """Carries out `/show/save`, `/show/load` and `/show/quit`, and autosaves.

    ``wants_quit`` is true once `/show/quit` came; nothing is ended here. Loading takes over another preset's values and
    snapshots as far as they fit this show: its layers, cues, keys and MIDI bindings are left out.
    """

    def __init__(
        self,
        show: Callable[[], Preset],
        desk: Desk,
        queue: ControlQueue,
        bindings: Callable[[], Sequence[MidiBinding]],
        period: float,
        *,
        restored: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """``show`` returns the preset that plays, as it is made up now, into whose file is saved; ``queue`` gets what
        is loaded. It may be called from any thread.

        ``bindings`` returns the MIDI bindings of this moment; ``period`` (s) is that of autosaving, 0 for none;
        ``restored`` says whether the show goes on from an autosaved state. Nothing is written before `start`.
        """
        self._show = show
        self._desk = desk
        self._queue = queue
        self._bindings = bindings
        self._clock = clock or LiveClock()
        self._described: tuple[Preset | None, dict[str, Any]] = None, {}
        self._place = autosave.place(str(show().path))
        self._autosave = Autosave(self._place, self.state, period, goes_on=restored)
        self._loaded: deque[Preset] = deque()
        self._busy: threading.Thread | None = None
        self._filed: tuple[int, ...] = ()
        """The numbers of the layers in the preset's file as it was last saved; empty before that."""
        self._said = ""
        self._until = 0.0
        self.wants_quit = False
        self.aside = autosave.aside(self._place)
        """The file into which a crashed show's state is copied before this show's is first saved. It may not exist."""

    @property
    def notice(self) -> str:
        """Why the state isn't saved or, for `SAID` seconds, what was saved or loaded last, or why it couldn't be.

        Else empty. After `start` it may be `way_back` at first.
        """
        return self._autosave.notice or (self._said if self._clock.now() < self._until else "")

    @property
    def way_back(self) -> str:
        """After `start`: a line with the command that brings the last show of this preset back; else empty.

        It is only given if that show did not end in order, and this one doesn't go on from its state.
        """
        if not self._autosave.crashed:
            return ""
        preset = self._show()
        by_name = autosave.place(preset.name) == self._place
        named = _quoted(preset.name if by_name else str(preset.path))
        return f"The last show of this preset did not end in order: vj run {named} --restore brings it back"

    def start(self) -> None:
        """Begin to autosave, in a thread. Call it once."""
        self._autosave.start()
        if self.way_back:
            self._say(self.way_back)

    def close(self) -> None:
        """Wait up to five seconds for saving or loading that still runs, then end autosaving.

        The state is written for the last time, as that of a show that ended in order, if anything was changed.
        """
        if self._busy:
            self._busy.join(_PATIENCE)
        self._autosave.close()

    def state(self) -> dict[str, Any]:
        """Returns what autosaving keeps, JSON-able; `vj.show.startup` goes on from it. Any thread may call this.

        ``preset`` is the path of its file, ``layers`` are the sources, models and effects of each layer, and
        ``effects`` are those of the whole picture. ``values`` are what
        the parameters with the scope PRESET are set to, by address; ``play`` holds snapshots, the place in the cue list
        and the ends of running fades; ``midi`` lists the bindings.
        """
        store, show = self._desk.store, self._show()
        if show is not self._described[0]:  # it reads files
            self._described = show, show.described()
        return {
            **self._described[1],
            "values": _kept(store.targets.copy(), store.table),
            "play": self._desk.play.state(),
            "midi": [midi.written(binding) for binding in self._bindings()],
        }

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """The handlers of `/show/quit` and `/show/save`, by address.

        Saving into the preset's file, or into the performer's library for a bundled preset, runs in a thread; `notice`
        says what came of it.
        """
        return {"/show/quit": self._quit, "/show/save": lambda change, now: self._do(self._save)}

    def _quit(self, change: Change, now: float) -> None:
        self.wants_quit = True

    def update(self) -> None:
        """Take over a preset that was loaded meanwhile, and begin to load the one that `/show/load` names, if any.

        That parameter is emptied at once. A file is read in a thread; if one is already being saved or loaded, the
        request is dropped, and `notice` says so. Taking over puts values and snapshots into the queue. The loop calls
        this once a frame; it never waits.
        """
        wanted = str(self._desk.store.targets["/show/load"])
        if wanted:
            self._desk.settle({"/show/load": ""})  # so that the same one can be asked for again
            self._do(lambda: self._load(wanted))
        while self._loaded:
            self._take_over(self._loaded.popleft())

    def _do(self, work: Callable[[], None]) -> None:
        """Run ``work`` in a thread, one at a time. A request that comes meanwhile is answered with "ask again"."""
        if self._busy and self._busy.is_alive():
            self._say("busy saving or loading: ask again")
            return

        def tidily() -> None:
            work()
            gc.collect()  # a document's parts refer to each other; in a show automatic collection is off

        self._busy = threading.Thread(target=tidily, name="save or load", daemon=True)
        self._busy.start()

    def _save(self) -> None:
        play, table = self._desk.play, self._desk.store.table.copy()  # it may change meanwhile
        values = {address: value for address, value in play.aims.items() if address in table}
        show = self._show()
        show = replace(show, filed=self._filed or show.filed)
        try:
            saved = preset_save.save(show, values, table, play.stored, self._bindings())
        except VjError as error:
            self._say(str(error))
        else:
            if saved.path == show.path:
                self._filed = tuple(plan.number for plan in show.layers)
            self._say(f"saved to {saved.path}{_without(saved.left_out)}")

    def _load(self, name: str) -> None:
        """Load the preset ``name``.

        Files aren't taken: a remote controller opens only those of the library and the bundled ones.
        """
        try:
            if name not in available():
                raise unknown("preset", name, available())
            self._loaded.append(load(name))
        except VjError as error:
            self._say(str(error))

    def _take_over(self, preset: Preset) -> None:
        """Queue the values and snapshots of ``preset``.

        So they are in a control recording, as everything that is played.
        """
        values, left_out = fit(preset.values, self._desk.store.table)
        self._queue.put_all(_kept(values, self._desk.store.table))
        self._queue.put_snapshots(told(preset.plan.snapshots))
        self._say(f"took over {preset.name}{_without(left_out)}")

    def _say(self, what: str) -> None:
        self._said, self._until = what, self._clock.now() + SAID


def _quoted(word: str) -> str:
    """Returns ``word`` as the system's command line takes it."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def _without(left_out: Sequence[str]) -> str:
    return f" without {listed(left_out)}" if left_out else ""


def saved_values(saved: Mapping[str, Any], table: ParamTable) -> dict[str, Value]:
    """Returns those ``values`` of ``saved``, an autosaved state or a recording's header, that ``table`` still takes.

    They are by address, and clamped; parameters without the scope PRESET are left out. Empty if there are none.
    """
    values, _ = fit(saved.get("values"), table)
    return _kept(values, table)


def _kept(values: Mapping[str, Value], table: ParamTable) -> dict[str, Value]:
    """Returns those of ``values`` that a preset holds."""
    found = ((address, value, table.find(address)) for address, value in values.items())
    return {address: value for address, value, param in found if param and Scope.PRESET in param.scope}


def saved_bindings(saved: Mapping[str, Any], table: ParamTable) -> tuple[MidiBinding, ...]:
    """Returns the bindings under ``midi`` of an autosaved state that can still work in a show with ``table``.

    All others are left out without an error.
    """
    return tuple(_readable(saved.get("midi"), table))


def _readable(written: object, table: ParamTable) -> Iterable[MidiBinding]:
    for entry in written if isinstance(written, list) else ():
        try:
            binding = midi.read(entry)
            check_binding(binding, table)
        except (BadInput, TypeError, ValueError):  # a show starts without a binding that no longer works
            continue
        yield binding
