"""The training of a layer's look: what the performer does, how far it is, and that the look plays once it is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, Protocol

from vj.base.errors import BadInput
from vj.base.paths import library, picture
from vj.child.process import Message
from vj.params.control_queue import Change, TriggerHandler
from vj.params.indicators import DARK, Indicators
from vj.params.param import ParamTable, Value
from vj.preset.layer_plan import TrainPlan
from vj.preset.train_params import checked_name

LOOK: Final = "look"
"""The model that plays trained looks."""
_FREE = re.compile(r"look-(\d+)")
_TOLD: Final = ("state", "seconds", "error", "keyframes")
"""What the show tells of a training, by the last parts of the addresses."""
_PLACES: Final = ("models", "looks")
"""The folders of the library in which names of looks are taken: trained ones, and pictures that are painted."""


class Trainer(Protocol):
    """What trains looks, in a process of its own."""

    @property
    def told(self) -> Mapping[str, Any]:
        """What it told last: ``state`` (cold, ready, kept, learning, stopped), ``look`` (a name), ``seconds`` of
        learning, ``mean_error`` (0..255), ``keyframes`` (how many are painted), ``kept`` (the path of the newest
        picture that it kept to be painted over). Keys may be missing."""
        ...

    @property
    def runs(self) -> bool:
        """Whether it runs, and obeys at once."""
        ...

    @property
    def notice(self) -> str:
        """What is wrong with it or with the training; usually empty."""
        ...

    def ask(self, slot: int) -> None:
        """Have it look at the pictures of ``slot``, and pass on what was sent, once it runs. Call it in each frame; the
        first call starts it. Never waits."""
        ...

    def send(self, message: Message) -> None:
        """Have it obey ``message``: ``do`` is ``keep``, ``painted``, ``keyframe``, ``go``, ``stop`` or ``undo``. It is
        kept until the trainer runs."""
        ...

    def end(self) -> None:
        """End it; nothing else may be called afterwards. Never waits."""
        ...


class LayerTraining:
    """The training of one layer's looks. Only the loop uses it, except for ``indicators``.

    ``name`` is that of the look that is being made, empty before the first. ``is_used`` says whether anything was asked
    for: before that there is no process.
    """

    def __init__(
        self,
        number: int,
        trainer: Trainer,
        play: Callable[[Mapping[str, Value]], None],
        wanted_name: Callable[[], Value],
        open_picture: Callable[[Path], None] = lambda path: None,
    ) -> None:
        """``number`` is the layer's, from 1. ``play`` sets values by address as a hand would, so that a control
        recording has them. ``wanted_name`` returns what ``/layer/N/train/name`` is set to at that moment: it may have
        been sent just before a trigger. ``open_picture`` opens a picture that was kept, in a program to paint it. None
        of them may wait.
        """
        self._number = number
        self._prefix = f"/layer/{number}/train"
        self._trainer = trainer
        self._play = play
        self._wanted_name = wanted_name
        self._open = open_picture
        self._awaited = ""
        """The look that is to be played once its first weights are there."""
        self._is_over = False
        """Whether the look was stopped, so that the next picture that is kept begins another one."""
        self._kept = ""
        self._said = ""
        self._known: tuple[Value, ...] = ()
        self.name = ""
        self.is_used = False

    @property
    def state(self) -> str:
        """``cold`` while the trainer isn't there, else ``ready``, ``kept``, ``learning`` or ``stopped``; empty before
        anything was asked of it."""
        if not self.is_used:
            return ""
        return str(self._trainer.told.get("state", "ready")) if self._trainer.runs else "cold"

    @property
    def seconds(self) -> float:
        """How many seconds the look has been learned, in all."""
        return _number(self._trainer.told.get("seconds"))

    @property
    def error(self) -> float:
        """The mean error of the look, of 255, on what is painted; below 0 before it is known."""
        return _number(self._trainer.told.get("mean_error"), -1.0)

    @property
    def keyframes(self) -> int:
        """How many painted pictures the look is learned from."""
        return int(_number(self._trainer.told.get("keyframes")))

    @property
    def kept(self) -> str:
        """The path of the newest picture that was kept to be painted over; empty without one."""
        return self._kept

    @property
    def waits(self) -> bool:
        """Whether a picture was kept that isn't painted yet."""
        return bool(self._kept) and _place(self._kept) > self.keyframes

    @property
    def notice(self) -> str:
        """What the performer should know: why the last command can't be carried out, else what the trainer says."""
        return self._said or (self._trainer.notice if self.is_used else "")

    @property
    def indicators(self) -> Indicators:
        """What controllers show on the lights of its triggers. May be read from any thread.

        `arm` is on while the trainer is there, and waits while it starts; `keep` is on while a picture waits to be
        painted; `go` is on while a look is learned, and waits for its first picture.
        """
        state = self.state
        if not state:
            return DARK
        learns, runs = state == "learning", state != "cold"
        on = {"arm": runs, "keep": self.waits, "go": learns}
        waiting = {"arm": not runs, "go": bool(self._awaited)}
        there = {"arm": True, "keep": runs, "go": self.keyframes > 0, "stop": learns, "undo": learns}
        there["undo"] = learns or state == "stopped"
        return Indicators(*(self._addresses(lit) for lit in (on, waiting, there)))

    def described(self) -> dict[str, Any]:
        """Returns what the statistics tell of it, JSON-able."""
        told = {name: getattr(self, name) for name in ("name", "state", "keyframes", "kept", "notice")}
        return {**told, "seconds": round(self.seconds, 1), "error": round(self.error, 2)}

    def handlers(self, table: ParamTable) -> dict[str, TriggerHandler]:
        """Returns the handlers of the triggers in ``table`` below ``/layer/N/train``, by address."""
        does: dict[str, Callable[[Change], None]] = {
            "arm": lambda change: None,
            "keep": lambda change: self._keep(),
            "painted": lambda change: self.paint(str(library_picture(change.text.strip()))),
            "go": lambda change: self._go(),
            "stop": lambda change: self._stop(),
            "undo": lambda change: self._trainer.send({"do": "undo", "seconds": change.amount}),
        }
        found = {f"{self._prefix}/{name}": do for name, do in does.items()}
        return {address: self._obeying(do) for address, do in found.items() if address in table}

    def begin(self, plan: TrainPlan, slot: int) -> None:
        """Begin as a preset says: with its keyframes, under its name. The trainer starts at once, with the pictures of
        ``slot``."""
        self.is_used = True
        self._trainer.ask(slot)
        self.name = plan.name
        for source, painted in plan.keyframes:
            self._trainer.send({"do": "keyframe", "name": plan.name, "source": source, "painted": painted})
        if plan.go:
            self._awaited = plan.name
            self._trainer.send({"do": "go", "name": plan.name, "anew": True})

    def paint(self, path: str) -> None:
        """Have the picture at ``path`` taken as how the newest kept picture is to look or, if none waits to be painted,
        the one that plays now. Raises BadInput for a bad name of a look."""
        self.is_used = True
        self._trainer.send({"do": "painted", "name": self._next(), "path": path})

    def follow(self, slot: int) -> dict[str, Value]:
        """Follow what the trainer has told. ``slot`` is the one that the layer's engine reads. Returns what the show is
        to tell of it, by address, where that has changed: usually nothing. Call it once a frame."""
        if not self.is_used:
            return {}
        self._trainer.ask(slot)
        told = self._trainer.told
        if (kept := str(told.get("kept") or "")) != self._kept:
            self._kept = kept
            if kept:
                self._open(Path(kept))
        if self._awaited and told.get("state") == "learning" and told.get("look") == self._awaited:
            self._play_look(self._awaited)
            self._awaited = ""
        seconds, error = float(round(self.seconds)), float(round(max(0.0, self.error)))
        known: tuple[Value, ...] = self.state, seconds, error, self.keyframes
        if known == self._known:
            return {}
        self._known = known
        return {f"{self._prefix}/{name}": value for name, value in zip(_TOLD, known, strict=True)}

    def end(self) -> None:
        """End the trainer. Never waits; nothing else may be called afterwards."""
        self._trainer.end()

    def _play_look(self, name: str) -> None:
        model = f"/layer/{self._number}/model"
        self._play({f"{model}/look": name, model: LOOK})

    def _keep(self) -> None:
        self._trainer.send({"do": "keep", "name": self._next()})

    def _go(self) -> None:
        self.name, self._is_over = self._wanted or self.name or free_name(), False
        self._awaited = self.name
        self._trainer.send({"do": "go", "name": self.name})

    def _stop(self) -> None:
        self._is_over, self._awaited = True, ""
        self._trainer.send({"do": "stop"})

    @property
    def _wanted(self) -> str:
        """The name that the performer wants, checked; empty for the next free one. Raises BadInput."""
        name = str(self._wanted_name()).strip()
        return name and checked_name(name)

    def _next(self) -> str:
        """Returns the name of the look that a picture is for: a stopped one isn't added to, unless it is named."""
        if wanted := self._wanted:
            self.name = wanted
        elif self._is_over or not self.name:
            self.name = free_name()
        self._is_over = False
        return self.name

    def _obeying(self, do: Callable[[Change], None]) -> TriggerHandler:
        def handle(change: Change, now: float) -> None:
            self.is_used, self._said = True, ""
            try:
                do(change)
            except (BadInput, OSError) as reason:
                self._said = f"{change.address}: {reason}"

        return handle

    def _addresses(self, lit: Mapping[str, bool]) -> frozenset[str]:
        return frozenset(f"{self._prefix}/{name}" for name, is_lit in lit.items() if is_lit)


def paint_where_awaited(path: str, trainings: Iterable[LayerTraining]) -> bool:
    """Have the picture at ``path`` taken as painted by the first of ``trainings`` that waits for one. Returns whether
    any does. Raises BadInput for a bad name of its look."""
    waiting = next((training for training in trainings if training.waits), None)
    if waiting:
        waiting.paint(path)
    return waiting is not None


def free_name() -> str:
    """Returns the first of ``look-1``, ``look-2`` and so on that no look in the library has, nor a training there."""
    taken = {path.stem for place in _PLACES if library(place).is_dir() for path in library(place).iterdir()}
    numbers = {int(found[1]) for name in taken if (found := _FREE.fullmatch(name))}
    return f"look-{next(n for n in range(1, len(numbers) + 2) if n not in numbers)}"


def library_picture(name: str) -> Path:
    """Returns the path of the picture ``name`` in the library's folder ``looks`` or ``pictures``, or among the bundled
    ones. Raises BadInput if there is none, and for a path that leads elsewhere."""
    if name and not Path(name).is_absolute():
        looks = library("looks")
        own = (looks / name).resolve()
        for path in (own if own.is_relative_to(looks.resolve()) else None, picture(name)):
            if path and path.is_file():
                return path
    raise BadInput(f"there is no picture {name[:80]!r} in the library ({library('pictures')})")


def _number(told: object, unknown: float = 0.0) -> float:
    return float(told) if isinstance(told, int | float) else unknown


def _place(path: str) -> int:
    """Returns the number with which the name of a kept picture begins: ``02.png``, ``02-source.png``."""
    digits = re.match(r"\d+", PurePath(path).name)
    return int(digits[0]) if digits else 0
