"""pix2pix: pictures of one kind turned into another, learnt from pairs (Isola et al. 2017), by U-Nets and ResNets."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vj.model.families.network_model import Controls, NetworkModel
from vj.model.network import Network
from vj.params.param import Param, Value, choice, trigger

STATISTICS = ("eval", "batch")
"""Where the norms' statistics come from: those of the training, or each picture's own."""


class Pix2Pix(NetworkModel):
    """A generator; preprocessing makes the camera's picture resemble what it was trained on. The variants are
    `STATISTICS`; a network with dropout has its masks as controls."""

    name = "pix2pix"
    help = "pix2pix generators: edges, drawings or maps turned into pictures"
    params = (
        *NetworkModel.params,
        choice(
            "statistics", STATISTICS, "eval", help="of the norms: as trained, or the picture's own (the authors' test)"
        ),
        Param("variation", default=0.0, smooth=0.05, help="dropout as the authors leave it on, from none to all"),
        trigger("reseed", help="another variation"),
    )

    def begin(self) -> None:
        """Begin as every `NetworkModel`, with the masks of dropout drawn for seed 0. Makes the usual network, for which
        the whole file is read, but loads no weights."""
        super().begin()
        self._masks = [control.shape for control in self.named("").controls]
        self._seed = 0
        self._dropped = self._drawn()

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns the value ``statistics``: ``eval`` or ``batch``."""
        return str(values["statistics"])

    def network(self, variant: str) -> Network:
        """Returns a new `Network` of the part ``model`` whose norms take their statistics from ``variant``, ``eval`` or
        ``batch``; its weights aren't loaded yet."""
        return self.part("model", statistics=variant)

    @property
    def usual(self) -> str:
        """The variant that is meant if none is named: ``eval``."""
        return STATISTICS[0]

    def controls(self, values: Mapping[str, Value], now: float) -> Controls:
        """Returns the factors of dropout, a list of new float32 arrays of the masks' shapes: each number is 1 -
        ``variation`` or 1 + ``variation``, by the seed. Only ``variation`` of ``values`` is read; ``now`` doesn't
        matter. Empty for a network without dropout."""
        amount = np.float32(values["variation"])
        return [1 + amount * mask for mask in self._dropped]

    def handle_trigger(self, name: str, amount: float) -> None:
        """Draw other masks of dropout if ``name`` is ``reseed``; ``amount`` doesn't matter."""
        if name == "reseed":
            self._seed += 1
            self._dropped = self._drawn()

    def _drawn(self) -> list[Any]:
        """Returns what full variation adds to each mask of ones: dropout of one half leaves factors of 0 or 2."""
        random = np.random.default_rng(self._seed)
        return [random.integers(0, 2, shape).astype(np.float32) * 2 - 1 for shape in self._masks]
