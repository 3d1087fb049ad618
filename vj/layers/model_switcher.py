"""The engines of one layer: which model plays in which, and how another takes over without a gap.

The bank's engine holds every model that the preset names, warm: to switch between those, only a value changes. Any
other model is loaded in a guest engine of its own. The engine that plays goes on until the next one has made its first
picture; then it rests, warm. If the next one fails, it is given up, and nothing has changed.
"""

from collections.abc import Callable, Collection

from vj.base.errors import VjError
from vj.layers.layer_worker import LayerWorker
from vj.model.files.library import MODEL, SLOT

IDLE = ""
"""The model name that an engine is given when it is to rest."""
_CHANCES = 3
"""How many times a guest that plays may die before the bank plays in its place."""


class ModelSwitcher:
    """Switches between models by `ask_for` and `check_engines`; ``playing`` is the engine whose pictures are shown.

    It gives each engine its model in ``own``, which is sent with the next values. Only the loop may use it.
    """

    def __init__(
        self,
        bank: LayerWorker,
        names: Collection[str],
        first: str,
        invite: Callable[[str], LayerWorker],
        dismiss: Callable[[LayerWorker], None],
    ) -> None:
        """``bank`` is the engine that holds the models ``names`` and plays ``first``.

        ``invite`` starts an engine for the model of that name and returns its worker, or raises VjError or OSError;
        ``dismiss`` ends such an engine. Neither may block.
        """
        self.bank = bank
        self.playing = bank
        self._names = names
        self._invite = invite
        self._dismiss = dismiss
        self._guest: LayerWorker | None = None
        self._coming: LayerWorker | None = None
        """The engine that is to play next, until it has published more than ``_made`` pictures."""
        self._made = 0
        self._model = {bank: first}
        self._wanted = self._before = first
        self._failures: dict[LayerWorker, object] = {}
        self._deaths = 0
        self._gone = 0
        self._slot = 0
        self.notice = ""
        """What the performer should know: which model is loading, or why one doesn't play; else empty."""
        self.version = 0
        """A number that grows when ``own`` of the engines was set anew, so that values must be sent."""
        self._assign()

    @property
    def name(self) -> str:
        """The name of the model that ``playing`` has to run.

        Within one engine, that is the one asked for last, even while the picture of the one before is still shown.
        """
        return self._model[self.playing]

    @property
    def published(self) -> int:
        """How many results all engines have published since the start, those that were dismissed included."""
        return self._gone + sum(worker.output.published for worker in self.all)

    @property
    def all(self) -> list[LayerWorker]:
        """Every engine that plays, rests or loads, that of the bank first. Those that were dismissed are not among
        them.

        At most three, in a new list.
        """
        return [
            self.bank,
            *(worker for worker in {self._guest: 0, self._coming: 0} if worker and worker is not self.bank),
        ]

    def read_from(self, slot: int) -> None:
        """Have all engines read the pictures in the slot of that number, also those that are invited later."""
        self._slot = slot
        self._assign()

    def ask_for(self, wanted: str) -> str | None:
        """Ask for the model ``wanted``, by name; nothing happens if it was asked for last.

        A model outside the bank begins to load in an engine of its own, and another one that was still loading is
        dismissed. What plays goes on until `check_engines` lets the next engine take over. Returns the name of the
        model that keeps playing if the wanted one can't be loaded (``notice`` then says why), else None.
        """
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

    def prepare(self, name: str) -> None:
        """Have the model ``name`` loaded aside, to rest until it is asked for, unless it is warm already. Nothing is
        done while another model outside the bank plays or is loading, or if it can't be loaded: that is said when it is
        asked for.
        """
        guest = self._guest
        is_free = self.playing is self.bank and self._coming is None
        if name in self._names or not is_free or (guest and self._model[guest] == name):
            return
        try:
            prepared = self._invite(name)
        except (VjError, OSError):
            return
        if guest:
            self._send_away(guest)
        self._guest, self._model[prepared] = prepared, name
        self._assign()

    def check_engines(self) -> str | None:
        """Let the next engine take over once it has made a picture since it was asked; call this once a frame.

        The guest that played before the last one is then dismissed. Returns the name of the model to go back to, if the
        wanted one has failed or a guest that plays has died three times, else None; ``notice`` then says why.
        """
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
        """Returns why the engine can't play the wanted model, if it has told so; each failure is returned once."""
        info = worker.child.info
        if info.get("failures") == self._failures.get(worker) or info.get("failed") != self._wanted:
            return ""
        self._failures[worker] = info.get("failures")
        return str(info.get("why", ""))

    def _stay(self, why: str) -> str:
        """Keep the model that plays, with ``why`` as the notice. Returns its name."""
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
        """Give the engine that plays, and one that is loading, the model to run; the others rest. All get the slot."""
        for worker in self.all:
            busy = worker is self.playing or worker is self._coming
            worker.own = {MODEL: self._model[worker] if busy else IDLE, SLOT: self._slot}
        self.version += 1
