"""The places for clips of a show's layers: the commands that fill and empty them, and the parameters of what is there.

Only their contents are here; what plays is the layers' to know (`vj.layers.clip_switcher`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from vj.base.errors import BadInput
from vj.layers.clip_switcher import free_place
from vj.params.control_queue import TriggerHandler
from vj.params.param import Param, ParamTable
from vj.preset.layer_plan import LayerPlan
from vj.preset.show_table import PLACES
from vj.show.desk import Desk
from vj.show.library_source import library_source
from vj.source import params_of

Handlers = Callable[[ParamTable], Mapping[str, TriggerHandler]]
"""Returns the handlers of a layer's own triggers in a table, by address."""


class ClipBank:
    """Fills and empties places for clips, and has the parameters of their sources declared. Only the loop uses it."""

    def __init__(self, desk: Desk, handlers: Callable[[int], Handlers]) -> None:
        """``handlers`` returns those of the layer with a number."""
        self._desk = desk
        self._handlers = handlers
        self._sources = {place: f"/{place}/source" for place in PLACES}
        self._there: dict[int, list[str]] = {}
        """What stands in the places of each layer, by its number, as far as the table follows it."""
        self._looked_at = -1

    def add(self, prefix: str, written: str) -> None:
        """Put what ``written`` names into the first empty place below ``prefix`` (``/layer/1/clip``), and play it.

        Raises BadInput for what a command can't open (`library_source`), and if all places are filled.
        """
        spec, place = library_source(written), free_place(self._places(prefix))
        self._desk.store.apply_values({f"{prefix}/{place}/source": spec, prefix: place})

    def remove(self, prefix: str, which: str) -> None:
        """Empty the place below ``prefix`` that has the number or the name ``which``; what plays goes on.

        Raises BadInput if there is no such clip.
        """
        targets, places = self._desk.store.targets, self._places(prefix)
        for place in places:
            if which and which in (str(place), targets[f"{prefix}/{place}/name"]):
                self._desk.store.apply_values({f"{prefix}/{place}/source": "", f"{prefix}/{place}/name": ""})
                return
        raise BadInput(f"there is no clip {which!r}; choices: {', '.join(map(str, places))}")

    def follow(self, layers: Iterable[LayerPlan]) -> Mapping[int, tuple[str, ...]]:
        """Declare the parameters of sources that came into places of ``layers``, and take away those of sources that
        have left, except for what the plans themselves can play.

        Returns what stands in the places of each layer whose places have changed, besides what is planned, by the
        layer's number; usually nothing.
        """
        store = self._desk.store
        if store.revision == self._looked_at:
            return {}
        changed = {}
        for plan in layers:
            prefix = f"/layer/{plan.number}"
            if (there := list(self._places(f"{prefix}/clip").values())) != self._there.get(plan.number):
                self._there[plan.number] = there
                self._declare(plan, there)
                planned = replace(plan, added=()).specs
                changed[plan.number] = tuple(dict.fromkeys(spec for spec in there if spec not in planned))
        self._looked_at = store.revision
        return changed

    def forget(self, number: int) -> None:
        """Forget the layer ``number``, which has been removed."""
        self._there.pop(number, None)

    def _places(self, prefix: str) -> dict[int, str]:
        targets = self._desk.store.targets
        return {place: str(spec) for place, below in self._sources.items() if (spec := targets[prefix + below])}

    def _declare(self, plan: LayerPlan, there: Iterable[str]) -> None:
        prefix = f"/layer/{plan.number}/source"
        declared = self._desk.store.table.below(prefix)
        wanted = {param.name: param for param in _params(there)}
        missing = [param for name, param in wanted.items() if name not in declared]
        usual = wanted.keys() | {param.name for param in _params(replace(plan, added=()).specs)}
        gone = [f"{prefix}/{name}" for name in declared if name not in usual]
        if missing or gone:
            self._desk.change_table(gone, [(prefix, missing)])
            handlers = self._handlers(plan.number)(self._desk.store.table)
            new = {f"{prefix}/{param.name}" for param in missing}
            self._desk.connect({address: handler for address, handler in handlers.items() if address in new})


def _params(specs: Iterable[str]) -> Iterator[Param]:
    """Yield the parameters of all sources ``specs``; nothing for one that there isn't."""
    for spec in dict.fromkeys(specs):
        try:
            yield from params_of(spec)
        except BadInput:  # a place may hold anything; it says so when it is launched
            continue
