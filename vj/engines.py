"""The engines of one layer: which model plays in which, and how another takes over without a gap.

The bank's engine holds every model that the preset names, warm: a change among those is a value. Another model is
loaded in a guest engine of its own, and takes over when its first picture is there; the one that played until then
stays where it is. A guest that fails is sent away, and nothing has changed.
"""

from collections.abc import Callable, Collection

from vj.errors import VjError
from vj.feed import Feed
from vj.model.library import MODEL

IDLE = ""
"""The model that an engine is asked for which is to rest."""


class Engines:
    """See `follow` and `update`; ``playing`` is the engine whose pictures are shown."""

    def __init__(
        self,
        bank: Feed,
        names: Collection[str],
        first: str,
        invite: Callable[[str], Feed],
        dismiss: Callable[[Feed], None],
    ) -> None:
        """``bank`` holds the models ``names`` and plays ``first``. ``invite`` starts an engine for one model, or
        raises VjError; ``dismiss`` ends one. Neither may block.
        """
        self.bank, self.playing = bank, bank
        self._names, self._invite, self._dismiss = names, invite, dismiss
        self._guest: Feed | None = None
        self._loading: Feed | None = None
        self._model = {bank: first}
        self._wanted = first
        self._failures = ""
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
        return self._gone + sum(feed.slot.published for feed in self.all)

    @property
    def all(self) -> list[Feed]:
        """Every engine that is there."""
        return [feed for feed in (self.bank, self._guest, self._loading) if feed]

    def follow(self, wanted: str) -> str | None:
        """``wanted`` is asked for. The name that it must stay with, if that can't be."""
        if wanted == self._wanted:
            return None
        self._wanted, self.notice = wanted, ""
        self._leave_loading()
        if wanted in self._names:
            self._model[self.bank] = wanted
            self.playing = self.bank
        elif self._guest and self._model[self._guest] == wanted:
            self.playing = self._guest
        else:
            return self._load(wanted)
        self._assign()
        return None

    def update(self) -> str | None:
        """Look how the engines are. The name to go back to, if what was asked for has failed."""
        loading = self._loading
        if loading and (loading.child.refused or loading.child.restarts):
            return self._stay(f"{self._wanted}: {loading.child.refused or loading.child.fault}")
        if loading and loading.slot.published:
            self._take_over(loading)
        failures = str(self.bank.child.info.get("failed", ""))
        if failures != self._failures:
            self._failures = failures
            return self._stay(failures)
        return None

    def _load(self, wanted: str) -> str | None:
        try:
            self._loading = self._invite(wanted)
        except (VjError, OSError) as error:
            return self._stay(str(error))
        self._model[self._loading] = wanted
        self.notice = f"loading {wanted}"
        self._assign()
        return None

    def _take_over(self, guest: Feed) -> None:
        before, self._guest, self._loading = self._guest, guest, None
        self.playing, self.notice = guest, ""
        if before:
            self._send_away(before)
        self._assign()

    def _stay(self, why: str) -> str:
        """Nothing changes on screen; it is said why."""
        self._leave_loading()
        if self.playing is self.bank and self._wanted in self._names:
            self._model[self.bank] = str(self.bank.child.info.get("title") or self._wanted)
        self._wanted, self.notice = self.name, why
        self._assign()
        return self.name

    def _leave_loading(self) -> None:
        if self._loading:
            self._send_away(self._loading)
            self._loading = None

    def _send_away(self, feed: Feed) -> None:
        del self._model[feed]
        self._gone += feed.slot.published
        self._dismiss(feed)

    def _assign(self) -> None:
        """Who plays or loads is told what; the others rest."""
        for feed in self.all:
            busy = feed is self.playing or feed is self._loading
            feed.own = {MODEL: self._model[feed] if busy else IDLE}
        self.version += 1
