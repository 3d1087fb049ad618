"""CycleGAN: one kind of picture turned into another, learnt without pairs (Zhu et al. 2017); CUT and FastCUT (2020)."""

from collections.abc import Mapping

from vj.model.families.network_model import NetworkModel
from vj.model.network import Network
from vj.params.param import Value, choice

DIRECTIONS = ("a_to_b", "b_to_a")


class CycleGan(NetworkModel):
    """A ResNet generator; two of them, one for each direction, if both files are there. ``files`` hold them as
    ``a_to_b`` and ``b_to_a``, and these are the variants."""

    name = "cyclegan"
    help = "CycleGAN, CUT and FastCUT generators: a world turned into another"
    params = (
        *NetworkModel.params,
        choice("direction", DIRECTIONS, "a_to_b", help="which of the two generators, where both files are there"),
    )

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns the value ``direction``, ``a_to_b`` or ``b_to_a``, or the first part of ``files`` if that direction's
        file isn't there."""
        wanted = str(values["direction"])
        return wanted if wanted in self.files else self.usual

    def network(self, variant: str) -> Network:
        """Returns a new `Network` of the generator in the file that ``files`` holds as ``variant``, ``a_to_b`` or
        ``b_to_a``. Reads the whole file for the network's key, but loads no weights. Raises KeyError for a variant that
        ``files`` doesn't hold, OSError if the file can't be read, BadInput for a classifier or an unsafe ONNX file."""
        return self.part(variant)

    @property
    def usual(self) -> str:
        """The first part of ``files``, ``a_to_b`` or ``b_to_a``."""
        return next(iter(self.files))
