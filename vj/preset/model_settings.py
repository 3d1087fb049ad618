"""Values that come with a model: what its manifest wants of the layer while it plays."""

from collections.abc import Mapping, Sequence

from vj.model.common_params import STAGE, merged
from vj.model.files.library import params
from vj.params.param import ParamTable, Value
from vj.preset.layer_plan import LayerPlan


def start_values(layers: Sequence[LayerPlan], table: ParamTable) -> dict[str, Value]:
    """By address, what a show of ``layers`` starts with where its preset sets nothing."""
    values = {address: param.default for address, param in table.items() if param.kind != "trigger"}
    for number, plan in enumerate(layers, start=1):
        values |= ModelSettings(number, plan).start
    return values


class ModelSettings:
    """For one layer: which values to set when another model plays.

    Values that were moved since the last model's were set stay as they are: the performer's hand, a preset or
    a panic counts for more than a manifest.
    """

    def __init__(self, number: int, plan: LayerPlan) -> None:
        """For each model what its manifest wants, and the usual values for what others' want."""
        usual = {param.name: param.default for param in merged((STAGE, params(plan.models)))}
        named = {name for entry in plan.models for name in entry.settings}
        self._wanted = {
            entry.name: {f"/layer/{number}/model/{name}": entry.settings.get(name, usual[name]) for name in named}
            for entry in plan.models
        }
        self.model = plan.bank[0].name
        """The model whose settings count."""
        self._set = dict(self.start)

    @property
    def start(self) -> Mapping[str, Value]:
        """By address, for the model that the show starts with."""
        return self._wanted[self.model]

    def change_model(self, model: str, values: Mapping[str, Value]) -> dict[str, Value]:
        """Returns what to set now that ``model`` plays, by address; ``values`` are those of the moment."""
        self.model, wanted = model, self._wanted[model]
        changed = {address: value for address, value in wanted.items() if values[address] == self._set[address]}
        self._set.update(wanted)
        return changed
