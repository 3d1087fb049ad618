"""What a training is: which method, how large its networks are, and every number that its result depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from vj.base.errors import BadInput, unknown

METHODS: Final[Mapping[str, str]] = {
    "pix2pix": "pairs: what one turns into, a discriminator says whether it could be real (Isola et al. 2017)",
    "cyclegan": "two folders without pairs, in both directions (Zhu et al. 2017)",
    "cut": "two folders without pairs, in one direction, by contrast of patches (Park et al. 2020)",
    "style": "one painting and any pictures (Johnson et al. 2016)",
    "unet": "pairs, by the absolute difference alone (Ronneberger et al. 2015)",
}
"""The methods by name, each with what it learns from."""
PAIRED: Final = ("pix2pix", "unet")
"""The methods that learn from pairs."""
SIZES: Final = ("tiny", "small", "paper")


@dataclass(frozen=True)
class TrainingSettings:
    """All that the numbers of a training depend on beside its data. It is written into every checkpoint.

    ``size`` is the name of a row of `vj.train.settings`, ``side`` that of the pictures in pixels, ``batch`` the
    pictures of a step in one process. ``generator`` and ``discriminator`` are arguments of the networks' constructors.
    """

    method: str
    size: str
    side: int
    batch: int
    generator: Mapping[str, Any]
    discriminator: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    rate: float = 2e-4
    """Adam's learning rate before it decays."""
    adversary: str = "lsgan"
    """One of `vj.train.losses.ADVERSARIES`."""
    skips: bool = True
    """Whether a U-Net's outer levels get what the inner ones lose."""
    numbers: str = "auto"
    """The number format of convolutions: ``float32``, ``bfloat16``, or ``auto`` for the faster one here, which a
    checkpoint never says."""
    painting: str = ""
    """The path of the painting, for a style."""
    classifier: str = ""
    """The classifier by which a style sees strokes: a file's path, or empty for the catalogue's."""
    steady: float = 5.0
    """For a style, the weight of painting what moves as it was painted before (0..1 a pixel), beside its strokes."""
    jitter: float = 0.0
    """How much contrast, brightness and saturation of both sides change from one time to the next, 0..1."""
    averaged: float = 0.999
    """How much of the averaged weights stays at each step."""
    cycle: float = 10.0
    """For a CycleGAN, the weight of both ways there and back, in -1..1, beside the discriminators' judgement."""
    identity: float = 0.5
    """For a CycleGAN, how much leaving pictures alone that are of the wanted kind already weighs, beside the cycle."""
    pool: int = 50
    """Generated pictures that a CycleGAN's discriminators are shown again."""

    @property
    def network(self) -> str:
        """Returns the kind of generator: a name in `vj.model.files.architectures.NETS`."""
        return {"pix2pix": "unet", "unet": "unet", "style": "transformer_net"}.get(self.method, "resnet_generator")

    @property
    def paired(self) -> bool:
        """Returns whether it learns from pairs."""
        return self.method in PAIRED

    def described(self) -> str:
        """Returns method, size and the generator's layout in words, for messages."""
        skips = "" if self.skips else " without skip connections"
        parts = ", ".join(f"{name} {value}" for name, value in self.generator.items())
        return f"{self.method} {self.size} ({self.network}{skips}: {parts}; pictures of {self.side})"

    def to_text(self) -> str:
        """Returns it as JSON, from which `from_text` makes it again."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> TrainingSettings:
        """Returns the settings that ``text`` holds. Raises BadInput if it is none of `to_text`'s."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise BadInput(f"these are no settings of a training: {error}") from None


_UNETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "tiny": {"filters": 16, "levels": 5, "kind": "instance", "bias": True},
    "small": {"filters": 32, "levels": 7, "kind": "instance", "bias": True},
    "paper": {"filters": 64, "levels": 8, "kind": "batch", "bias": False},
}
_RESNETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "tiny": {"filters": 16, "blocks": 3},
    "small": {"filters": 32, "blocks": 6},
    "paper": {"filters": 64, "blocks": 9},
}
_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "tiny": {"filters": 12, "blocks": 3},
    "small": {"filters": 16, "blocks": 5},
    "paper": {"filters": 32, "blocks": 5},
}
_DISCRIMINATORS: Final[Mapping[str, Mapping[str, Any]]] = {
    "tiny": {"filters": 16, "layers": 2},
    "small": {"filters": 32, "layers": 3},
    "paper": {"filters": 64, "layers": 3},
}
_SIDES: Final = {"tiny": 128, "small": 128, "paper": 256}
_BATCHES: Final = {"tiny": 4, "small": 4, "paper": 1}
_ANTIALIASED: Final = {"shrinking": 3, "growing": 4}
"""The sides of CUT's filters."""


def usual(method: str, size: str, **other: Any) -> TrainingSettings:
    """Returns the settings of ``method`` (a name in `METHODS`) at ``size`` (one of `SIZES`): ``tiny`` for processors,
    ``paper`` as its authors', ``small`` in between. ``other`` replaces single fields. Raises BadInput, naming the
    choices, for an unknown method or size."""
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    if size not in SIZES:
        raise unknown("size", size, SIZES)
    found = TrainingSettings(method, size, _SIDES[size], _BATCHES[size], _generator(method, size))
    if method in ("pix2pix", "cyclegan", "cut"):
        found = replace(found, discriminator=_DISCRIMINATORS[size])
    if method in ("unet", "style"):
        found = replace(found, rate=1e-3)
    return replace(found, **other)


def _generator(method: str, size: str) -> Mapping[str, Any]:
    if method == "style":
        return _STYLES[size]
    if method in PAIRED:
        return _UNETS[size]
    return {**_RESNETS[size], **(_ANTIALIASED if method == "cut" else {})}
