"""Random changes within limits: each parameter goes somewhere near where it is."""

from collections.abc import Mapping
from random import Random

from vj.params.param import Param, ParamTable, Value
from vj.params.scope import Scope

WHAT = ("settings", "model", "source", "effect", "modulate", "everything")
"""What is drawn. ``settings`` are the parameters of models, sources and effects; opacities and the choice of the model
are drawn with ``everything`` only.
"""


class Randomiser:
    """Draws random values for the parameters of ``table``; it sets nothing.

    The same seeds, amounts and present values give the same series again.
    """

    def __init__(self, table: ParamTable) -> None:
        self._table = table
        self._seed = 0
        self._count = 0

    def draw(self, targets: Mapping[str, Value], seed: int, amount: float, what: str) -> dict[str, Value]:
        """Returns new values for ``what`` (one of `WHAT`), by address, each within ``amount`` (0..1) of its range from
        the present one, in ``targets``, and within the range.

        A call with the ``seed`` of the call before gives the next of its series; another ``seed`` begins its own. An
        on/off or a choice is drawn anew with the probability ``amount``, else it is in the result as it is. Texts,
        pictures and parameters that snapshots don't hold or whose scope lacks ``RANDOM`` aren't in the result.
        """
        self._count = self._count + 1 if seed == self._seed else 1
        self._seed = seed
        random = Random(f"{seed} {self._count}")  # a text, so that near seeds have nothing in common
        drawn: dict[str, Value] = {}
        for address, param in self._table.items():
            if param.is_in_scenes and Scope.RANDOM in param.scope and not param.is_text and _is_meant(address, what):
                drawn[address] = _near(param, targets[address], amount, random)
        return drawn


def _is_meant(address: str, what: str) -> bool:
    parts = address.split("/")[1:]
    part = parts[2] if parts[0] == "layer" and len(parts) > 3 else parts[0]
    part = "effect" if part == "before" or parts[:2] == ["master", "effect"] else part
    if what == "everything":
        return True
    shows = parts[-1] == "opacity" or (parts[0] == "layer" and parts[2:] == ["model"])
    return not shows and (what == part or (what == "settings" and part in WHAT[1:4]))


def _near(param: Param, now: Value, amount: float, random: Random) -> Value:
    if param.kind in ("float", "int"):
        reach = amount * (param.high - param.low)
        low, high = max(param.low, float(now) - reach), min(param.high, float(now) + reach)
        return param.check(random.uniform(low, high))
    drawn: Value = random.choice(param.choices) if param.kind == "choice" else random.random() < 0.5
    return drawn if random.random() < amount else now
