"""Values that come with a model: what its manifest sets in the layer while it plays."""

from collections.abc import Mapping, Sequence

from vj.model.common_params import STAGE, merged
from vj.model.files.library import params
from vj.params.param import ParamTable, Value
from vj.preset.layer_plan import LayerPlan


def start_values(layers: Sequence[LayerPlan], table: ParamTable) -> dict[str, Value]:
    """Returns what a show of ``layers`` starts with where its preset sets nothing, by address.

    That is the default of every parameter in ``table`` but triggers, replaced by what comes with the first model of
    each layer's bank, and by its clips.
    """
    values = {address: param.default for address, param in table.items() if param.kind != "trigger"}
    for plan in layers:
        values |= {**ModelSettings(plan.number, plan).start, **plan.clip_values(plan.number)}
    return values


class ModelSettings:
    """Decides for one layer which values to set when another model plays; it sets none itself.

    Values that were changed since the last model's were set stay as they are: the performer, a preset or a panic takes
    precedence over a manifest.
    """

    def __init__(self, number: int, plan: LayerPlan) -> None:
        """``number`` is the layer's, from 1. Where the manifest of a model in ``plan`` doesn't set what another model's
        sets, the default applies. The first model of the bank counts as the one that plays.
        """
        usual = {param.name: param.default for param in merged((STAGE, params(plan.models)))}
        named = {name for entry in plan.models for name in entry.settings}
        self._wanted = {
            entry.name: {f"/layer/{number}/model/{name}": entry.settings.get(name, usual[name]) for name in named}
            for entry in plan.models
        }
        self.models = tuple(self._wanted)
        """The names of all models that the layer can play."""
        self.model = plan.bank[0].name
        """The name of the model whose settings apply."""
        self._set = dict(self.start)

    @property
    def start(self) -> Mapping[str, Value]:
        """The settings of `model`, by address (``/layer/N/model/NAME``); empty if no model of the layer has any.

        Before any `change_model`, `model` is the one that the show starts with. Don't change what is returned.
        """
        return self._wanted[self.model]

    def change_model(self, model: str, values: Mapping[str, Value]) -> dict[str, Value]:
        """Note that ``model``, a name in the plan, plays now, and return what to set for it, by address.

        ``values`` are the present values, of which those are left out of the result that differ from what was set for
        the model before: they were changed by hand. Values that stand right already are in it. Raises KeyError for a
        model that isn't in the plan.
        """
        self.model, wanted = model, self._wanted[model]
        changed = {address: value for address, value in wanted.items() if values[address] == self._set[address]}
        self._set.update(wanted)
        return changed
