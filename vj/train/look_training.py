"""The training of looks, whatever asks for it: a show, through its child process, or the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.child.parent_pipe import StatusPipe
from vj.train import look_file
from vj.train.keyframe_files import read_keyframe
from vj.train.look_folder import LookFolder, add_keyframe, content_of
from vj.train.look_run import LookRun, MakeLearner
from vj.train.painted_frames import PaintedFrames

_AWAITED: Final = 3.0
"""Seconds for which a picture of the source, or a painted file that can't be read yet, is waited for."""
_LEAST_UNDONE: Final = 0.5
"""The fewest seconds of learning that are undone."""
_SAY: Final = 0.1
"""Seconds from one report to the next while nothing but numbers changes."""
_PATIENCE: Final = 60.0
"""Seconds of silence that the show is asked for while libraries are loaded, or a large picture is read."""


@dataclass
class _Task:
    """What is tried until it can be done, or ``until`` is past (s)."""

    do: Callable[[], bool]
    """Does it, if that is possible now, and returns whether it did. Raises BadInput."""
    until: float
    lacking: str
    """What it lacks if it can't be done."""


class LookTraining:
    """Learns one look at a time, as commands ask for. It tells what it does through a pipe.

    It tells ``state``, ``look`` (its name), ``seconds`` and ``steps`` of learning in all, ``mean_error`` (of 255; below
    0 before it is known), ``keyframes`` (how many are painted), ``kept`` (the path of the newest frame that was kept),
    ``notice`` (what is wrong, in a line), ``resume`` (what a process that replaces this one is to go on with),
    ``obeyed`` (the number of the last command after which nothing is left to do of any) and ``patience`` (how long it
    may be silent).
    States: ``cold`` until the libraries are loaded, ``ready``, ``kept`` once a frame was kept, ``learning`` once there
    are weights to play, ``stopped``.
    """

    def __init__(
        self,
        pipe: StatusPipe,
        make: MakeLearner,
        frame: Callable[[], Pixels | None] = lambda: None,
        warm: Callable[[], bool] = lambda: True,
    ) -> None:
        """``make`` makes what learns; it is called only while ``warm`` returns true. ``frame`` returns the newest
        picture of the source, to be copied at once, or None as long as there is none."""
        self._pipe, self._make, self._frame, self._warm = pipe, make, frame, warm
        self._folder: LookFolder | None = None
        self._frames: PaintedFrames | None = None
        self._run: LookRun | None = None
        self._lock: FileLock | None = None
        """Kept as long as this is the look that is trained here."""
        self._goes, self._is_stopped, self._anew = False, False, False
        self._most = 0.0
        """Seconds of learning after which it stops by itself; 0 for never."""
        self._ending: float | None = None
        """The seconds of learning to be undone by a stop that waits until what is on the disk can be read."""
        self._tasks: list[_Task] = []
        self._kept, self._fault = "", ""
        self._number, self._obeyed = 0, 0
        self._told: dict[str, Any] = {}
        self._told_at = float("-inf")

    @property
    def name(self) -> str:
        """The name of the look that is learned, or was last; empty before the first."""
        return self._folder.name if self._folder else ""

    @property
    def goes(self) -> bool:
        """Whether it is to learn, be it that there is nothing painted yet."""
        return self._goes

    @property
    def state(self) -> str:
        """What it does now; see the class."""
        if self._goes and self._run and self._run.weights.net:
            return "learning"
        if not self._warm():
            return "cold"
        if self._is_stopped:
            return "stopped"
        return "kept" if self._frames and self._frames.kept else "ready"

    @property
    def trouble(self) -> str:
        """What is wrong with the last command or with learning, in a line; usually empty."""
        return self._fault or (self._run.notice if self._run else "")

    @property
    def notice(self) -> str:
        """What is wrong, with what is painted, too, in a line; usually empty."""
        found = self.trouble or (self._frames.notice if self._frames else "")
        if not found and self._goes and self._frames and not self._frames.keyframes:
            waits = f"paint over {Path(self._kept).name} and save it" if self._kept else "keep a frame, and paint it"
            return f"nothing is painted yet for {self.name}: {waits}"
        return found

    def do(self, command: Mapping[str, Any], now: float) -> None:
        """Obey a command: a mapping with ``do`` and what that needs, and perhaps its ``number``. ``now`` is the present
        time (s). Raises nothing: ``notice`` says what is wrong.

        ``keep`` a frame of the source for the look ``name``. ``painted``: the file ``path`` is how the last kept frame
        of ``name`` that isn't painted yet is to look or, without one, the frame that the source shows now.
        ``keyframe``: the files ``source`` and ``painted`` are a frame and how it is to look; files that the look has
        already aren't added again. ``go``: learn ``name`` from all that is and will be painted, on from what it has
        learned unless ``anew`` is true; with ``seconds`` above 0, stop after so many in all. ``stop``: write the
        weights for good. ``undo``: go back to the weights of ``seconds`` of learning ago, and stop there.
        """
        self._fault, self._number = "", int(command.get("number", 0))
        try:
            self._do(command, now)
        except BadInput as error:
            self._fault = str(error)

    def close(self) -> None:
        """Write what was learned for good. Another training may learn the look from now on."""
        if self._goes and self._run:
            self._stop()
        if self._lock:
            self._lock.release()

    def turn(self, now: float) -> bool:
        """Do what is due: look at the painted files, take a step, report. ``now`` is the present time (s). Returns
        whether a step was taken."""
        self._try_tasks(now)
        if self._frames:
            changed = self._frames.look(now)
            if self._run:
                self._run.follow(changed)
        self._try_to_end()
        worked = self._learn(now)
        self._report(now)
        return worked

    def _do(self, command: Mapping[str, Any], now: float) -> None:
        what = command.get("do")
        if what in ("keep", "painted", "keyframe", "go"):
            folder = self._open(str(command.get("name", "")))
            if what == "keep":
                self._await(lambda: self._keep(folder), now, "there is no picture to keep: the source shows none")
            elif what == "painted":
                path = Path(str(command.get("path", "")))
                self._await(lambda: self._paint(folder, path), now, f"no picture to keep for {path}")
            elif what == "keyframe":
                add_keyframe(folder, Path(str(command.get("source", ""))), Path(str(command.get("painted", ""))))
            else:
                self._go(bool(command.get("anew", False)), float(command.get("seconds", 0.0)))
        elif what == "stop":
            self._stop()
        elif what == "undo":
            self._stop(max(_LEAST_UNDONE, float(command.get("seconds", _LEAST_UNDONE))))

    def _open(self, name: str) -> LookFolder:
        """Returns the folder of the look ``name``, which is the one that is trained from now on. Raises BadInput."""
        if self._folder and name == self._folder.name:
            return self._folder
        look_file.check_name(name)
        folder = LookFolder(name)
        if not folder.path.exists():
            look_file.check_free(name)
        if self._run:
            self._rest()
        if self._lock:
            self._lock.release()
        self._folder, self._frames = folder, PaintedFrames(folder, long=self._warn_of_silence)
        self._run, self._lock, self._tasks, self._ending = None, None, [], None
        self._goes, self._is_stopped, self._anew = False, False, False
        return folder

    def _await(self, do: Callable[[], bool], now: float, lacking: str) -> None:
        self._tasks.append(_Task(do, now + _AWAITED, lacking))
        self._try_tasks(now)

    def _try_tasks(self, now: float) -> None:
        """Try what waits, in order: a later one may need what an earlier one does."""
        while self._tasks:
            task = self._tasks[0]
            try:
                is_done, fault = task.do(), task.lacking
            except BadInput as error:  # a file may be half saved
                is_done, fault = False, str(error)
            if not is_done and now < task.until:
                return
            self._tasks.pop(0)
            if not is_done:
                self._fault = fault

    def _keep(self, folder: LookFolder) -> bool:
        pixels = self._frame()
        if pixels is None:
            return False
        self._kept = str(folder.keep(pixels))
        return True

    def _paint(self, folder: LookFolder, path: Path) -> bool:
        """Take the file at ``path`` as what is painted over the last kept frame. Returns false if there is none, and
        none can be kept now."""
        assert self._frames
        if self._frames.unpainted is None and not self._keep(folder):
            return False
        place = self._frames.unpainted
        assert place
        if place.painted is None or not path.exists() or not path.samefile(place.painted):
            content_of(path)
            read_keyframe(place.source, path)
            folder.paint(place.number, path)
        return True

    def _go(self, anew: bool, most: float) -> None:
        self._most, self._ending = most, None
        if self._goes and self._run:
            return
        self._goes, self._is_stopped = True, False
        self._anew = anew and self._run is None

    def _stop(self, undone: float = 0.0) -> None:
        """Write the weights for good, those of ``undone`` seconds of learning ago, and learn no more for now. A process
        in place of one that was killed has to read them first, and its libraries may not be there yet."""
        if self._run is None and self._goes and not self._anew and look_file.path_of(self.name).is_file():
            self._ending = undone
            return
        if self._run is None:
            self._goes = False
            raise BadInput("no look is learned yet: there is nothing to stop or to undo")
        self._goes, self._is_stopped = False, True
        self._rest(undone)

    def _try_to_end(self) -> None:
        if self._ending is not None and self._warm() and self._open_run():
            undone, self._ending = self._ending, None
            self._stop(undone)

    def _rest(self, undone: float = 0.0) -> None:
        assert self._run
        self._run.rest(undone)
        if self._run.weights.net and not self._run.weights.fault:
            try:
                look_file.write_manifest(self._run.weights.name)
            except BadInput as error:
                self._fault = str(error)

    def _learn(self, now: float) -> bool:
        """Take a step, if there is something to learn and the libraries are there. Returns whether it did."""
        if not (self._goes and self._frames and self._frames.keyframes and self._warm() and self._open_run()):
            return False
        assert self._run
        worked = self._run.step(self._frames.keyframes, now)
        if self._run.given_up or 0.0 < self._most <= self._run.learned.seconds:
            self._stop()
        return worked

    def _open_run(self) -> bool:
        """Read what the look has learned so far, unless that is done. Returns whether it could be read; if not, it
        isn't learned."""
        assert self._folder
        try:
            self._lock = self._lock or self._folder.claim()
            self._run = self._run or LookRun(self._folder.name, self._make, self._anew)
        except BadInput as error:
            self._fault, self._goes, self._ending = str(error), False, None
        return self._run is not None

    def _report(self, now: float) -> None:
        """Tell what has changed: words at once, numbers now and then."""
        learned = self._run.learned if self._run else look_file.Learned()
        self._obeyed = self._obeyed if self._tasks or self._ending is not None else self._number
        words: dict[str, Any] = {
            "state": self.state,
            "look": self.name,
            "kept": self._kept,
            "keyframes": len(self._frames.keyframes) if self._frames else 0,
            "notice": self.notice,
            "resume": {"look": self.name, "goes": self._goes, "seconds": self._most},
            "obeyed": self._obeyed,
            "patience": self._patience(),
        }
        numbers: dict[str, Any] = {
            "seconds": round(learned.seconds, 2),
            "steps": learned.steps,
            "mean_error": round(self._run.error, 2) if self._run else -1.0,
        }
        is_new = any(self._told.get(key) != value for key, value in words.items())
        if not is_new and now - self._told_at < _SAY:
            return
        self._told_at = now
        changed = {key: value for key, value in (words | numbers).items() if self._told.get(key) != value}
        if changed:
            self._told |= changed
            self._pipe.tell(**changed)

    def _warn_of_silence(self, begins: bool) -> None:
        self._pipe.tell(patience=self._patience(begins))

    def _patience(self, reads: bool = False) -> float:
        """Returns the seconds of silence that the show is asked for. While libraries are loaded, no other thread may
        run for seconds."""
        return _PATIENCE if reads or not self._warm() else 0.0
