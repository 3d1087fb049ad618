"""CycleGAN: one kind of picture turned into another, learnt without pairs (Zhu et al. 2017); CUT and FastCUT (2020)."""

from collections.abc import Mapping

from vj.model.families.network_model import NetworkModel
from vj.model.network import Network
from vj.params.param import Value, choice

DIRECTIONS = ("a_to_b", "b_to_a")


class CycleGan(NetworkModel):
    """A ResNet generator; two of them, one for each direction, if both files are there."""

    name = "cyclegan"
    help = "CycleGAN, CUT and FastCUT generators: a world turned into another"
    params = (
        *NetworkModel.params,
        choice("direction", DIRECTIONS, "a_to_b", help="which of the two generators, where both files are there"),
    )

    def variant(self, values: Mapping[str, Value]) -> str:
        wanted = str(values["direction"])
        return wanted if wanted in self.files else self.usual

    def network(self, variant: str) -> Network:
        return self.part(variant)

    @property
    def usual(self) -> str:
        return next(iter(self.files))
