"""The engines of one layer: which model plays in which, and how another takes over without a gap.

The bank's engine holds every model that the preset names, warm: a change among those is a value. Another model is
loaded in a guest engine of its own. Whichever engine is to play next, the one that plays goes on until the other has
made its first picture; then it rests, warm. What fails is left, and nothing has changed.
"""

from collections.abc import Callable, Collection

from vj.base.errors import VjError
from vj.layers.layer_worker import LayerWorker
from vj.model.files.library import MODEL

IDLE = ""
"""The model that an engine is asked for which is to rest."""
_CHANCES = 3
"""How often a guest that plays may die before the bank plays in its place."""


class ModelSwitcher:
    """See `ask_for` and `check_engines`; ``playing`` is the engine whose pictures are shown."""

    def __init__(
        self,
        bank: LayerWorker,
        names: Collection[str],
        first: str,
        invite: Callable[[str], LayerWorker],
        dismiss: Callable[[LayerWorker], None],
    ) -> None:
        """``bank`` holds the models ``names`` and plays ``first``. ``invite`` starts an engine for one model, or
        raises VjError; ``dismiss`` ends one. Neither may block.
        """
        self.bank, self.playing = bank, bank
        self._names, self._invite, self._dismiss = names, invite, dismiss
        self._guest: LayerWorker | None = None
        self._coming: LayerWorker | None = None
        """The engine that is to play next, until it has made a picture more than it had ``_made``."""
        self._made = 0
        self._model = {bank: first}
        self._wanted = self._before = first
        self._failures: dict[LayerWorker, object] = {}
        self._deaths = 0
        self._gone = 0
        self.notice = ""
        self.version = 0
        """Moves when an engine is to be told something else."""
        self._assign()

    @property
    def name(self) -> str:
        """The model that plays."""
        return self._model[self.playing]

    @property
    def published(self) -> int:
        """Results of all engines since the start, also of those that are gone."""
        return self._gone + sum(worker.output.published for worker in self.all)

    @property
    def all(self) -> list[LayerWorker]:
        """Every engine that is there."""
        return [
            self.bank,
            *(worker for worker in {self._guest: 0, self._coming: 0} if worker and worker is not self.bank),
        ]

    def ask_for(self, wanted: str) -> str | None:
        """``wanted`` is asked for. The name that it must stay with, if that can't be."""
        if wanted == self._wanted:
            return None
        self._wanted, self.notice = wanted, ""
        self._leave_coming()
        if wanted in self._names:
            self._before, self._model[self.bank] = self._model[self.bank], wanted
            self._await(self.bank)
        elif self._guest and self._model[self._guest] == wanted:
            self._await(self._guest)
        else:
            return self._load(wanted)
        return None

    def check_engines(self) -> str | None:
        """Look how the engines are. The name to go back to, if what was asked for has failed."""
        coming = self._coming
        if coming and coming.output.published > self._made:
            self._take_over(coming)
        elif coming and self._is_loading(coming) and (coming.child.refused or coming.child.restarts):
            return self._stay(f"{self._wanted}: {coming.child.refused or coming.child.fault}")
        if why := self._failure(self._coming or self.playing):
            return self._stay(f"{self._wanted}: {why}")
        if self.playing is not self.bank and self.playing.child.restarts - self._deaths >= _CHANCES:
            return self._back_to_bank(f"{self.name}: {self.playing.child.fault}")
        return None

    def _load(self, wanted: str) -> str | None:
        try:
            guest = self._invite(wanted)
        except (VjError, OSError) as error:
            return self._stay(str(error))
        self._model[guest] = wanted
        self._await(guest)
        self.notice = f"loading {wanted}"
        return None

    def _await(self, worker: LayerWorker) -> None:
        self._coming = None if worker is self.playing else worker
        self._made = worker.output.published
        self._assign()

    def _take_over(self, worker: LayerWorker) -> None:
        if self._is_loading(worker):
            if self._guest:
                self._send_away(self._guest)
            self._guest = worker
        self.playing, self._coming, self.notice = worker, None, ""
        self._deaths = worker.child.restarts
        self._assign()

    def _failure(self, worker: LayerWorker) -> str:
        """Why the engine can't play what is wanted, if it says so; told once."""
        info = worker.child.info
        if info.get("failures") == self._failures.get(worker) or info.get("failed") != self._wanted:
            return ""
        self._failures[worker] = info.get("failures")
        return str(info.get("why", ""))

    def _stay(self, why: str) -> str:
        """Nothing changes on screen; it is said why."""
        self._leave_coming()
        if self._wanted in self._names:
            self._model[self.bank] = self._before
        self._wanted, self.notice = self.name, why
        self._assign()
        return self.name

    def _back_to_bank(self, why: str) -> str:
        self._wanted, self.notice = self._model[self.bank], why
        self._await(self.bank)
        return self._wanted

    def _leave_coming(self) -> None:
        if self._coming and self._is_loading(self._coming):
            self._send_away(self._coming)
        self._coming = None

    def _is_loading(self, worker: LayerWorker) -> bool:
        return worker is not self.bank and worker is not self._guest

    def _send_away(self, worker: LayerWorker) -> None:
        del self._model[worker]
        self._failures.pop(worker, None)
        self._gone += worker.output.published
        self._dismiss(worker)

    def _assign(self) -> None:
        """Tell the engine that plays, and one that is loading, which model to run; the others rest."""
        for worker in self.all:
            busy = worker is self.playing or worker is self._coming
            worker.own = {MODEL: self._model[worker] if busy else IDLE}
        self.version += 1
