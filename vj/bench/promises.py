"""The speed that this project promises: by the kind of processor that it runs on, and on graphics cards."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from vj.base.frame import Size
from vj.model.runtime import libraries, processor

BARE: Final = 0.95
"""The least part of a bare ONNX Runtime session's speed, without OpenVINO."""


@dataclass(frozen=True)
class Promises:
    """The least ratios of speed that are promised on one kind of processor, which ``title`` names: to plain torch, and
    to a bare ONNX Runtime session, by family of models. A family that isn't listed has no promise."""

    title: str
    of_torch: Mapping[str, float] = field(default_factory=dict)
    of_onnxruntime: Mapping[str, float] = field(default_factory=dict)


AVX2: Final = Promises(
    "x86 without VNNI",
    {"style26": 2.6, "fast_style": 2.8, "cyclegan": 2.3},
    {"style26": 2.3},
)
VNNI: Final = Promises(
    "x86 with VNNI",
    {"fast_style": 6.0, "cyclegan": 4.0, "pix2pix": 2.5},
    {"style26": 3.5},
)
AMX: Final = Promises(
    "x86 with AMX",
    {"fast_style": 6.0, "cyclegan": 6.0, "pix2pix": 2.5},
    {"style26": 3.5},
)
OTHERS: Final = Promises("not x86: nothing is promised yet")
NO_OPENVINO: Final = Promises(
    "without OpenVINO",
    of_onnxruntime=dict.fromkeys(("style26", "fast_style", "arbitrary_style", "cyclegan", "pix2pix"), BARE),
)


def here() -> Promises:
    """Returns what is promised on this machine, by its processor, or by the lack of OpenVINO. Nothing is measured."""
    if libraries.why_not("openvino"):
        return NO_OPENVINO
    if not processor.is_x86():
        return OTHERS
    if not processor.has_vnni():
        return AVX2
    return AMX if processor.features() & {"amx_bf16", "amx_int8"} else VNNI


def limit() -> str:
    """Returns the limit that an environment variable sets to the processor (``NAME=VALUE``), or an empty text if there
    is none. The limit doesn't apply to the peers, so no ratio to them counts."""
    return next((f"{name}={os.environ[name]}" for name in processor.LIMIT_VARIABLES if name in os.environ), "")


# graphics cards -------------------------------------------------------------------------------------------------------

_FULL, _HD = Size(1280, 720), Size(1920, 1080)
_SMALL, _LARGE = Size(512, 288), Size(1280, 704)


@dataclass(frozen=True)
class Limit:
    """What is promised of one figure on a graphics card: it must be at most ``bound``, or at least ``bound`` if
    ``least`` is set. ``unit`` is the figure's, such as ``ms``."""

    title: str
    bound: float
    unit: str = "ms"
    size: Size = _FULL
    """The size of the pictures; each network takes the nearest that it can have."""
    least: bool = False
    scales: bool = True
    """Whether it is a time that grows on slower cards, by their factor in `SLOWER`."""
    everywhere: bool = False
    """Whether it is promised on every card, not only on those in `SLOWER`."""

    def bound_on(self, card: str) -> float | None:
        """Returns the bound on the card of that name; None if nothing is promised there."""
        factor = next((factor for word, factor in SLOWER.items() if word in card), None)
        if factor is None:
            return self.bound if self.everywhere else None
        return self.bound * factor if self.scales else self.bound

    def verdict(self, figure: float, card: str) -> str:
        """Returns whether ``figure``, measured on the card of that name, holds: "held", "NOT held", or an empty text if
        nothing is promised there."""
        bound = self.bound_on(card)
        if bound is None:
            return ""
        return "held" if (figure >= bound if self.least else figure <= bound) else "NOT held"

    def words(self, card: str) -> str:
        """Returns the bound on the card of that name in words, such as ``<= 1.25 ms``; ``none`` if there is none."""
        bound = self.bound_on(card)
        return "none" if bound is None else f"{'>=' if self.least else '<='} {bound:.4g} {self.unit}".rstrip()


SLOWER: Final[Mapping[str, float]] = {"H200": 1.0, "H100": 1.35}
"""The cards for which times are promised, by a word of their names, and by how much longer they may take than the
first."""
_AUTOGRAD: Final = partial(Limit, bound=3.0, unit="x autograd", least=True, scales=False, everywhere=True)
_PACED: Final = partial(Limit, unit="/s", size=_HD, least=True, scales=False)
_AT_MOST: Final = partial(Limit, size=_HD, scales=False)
CARD_LIMITS: Final[Mapping[str, Limit]] = {
    "style26": Limit("26 styles", 1.25),
    "painting": Limit("painting", 1.05),
    "johnson": Limit("Johnson 2016", 2.6),
    "adain": Limit("AdaIN", 2.5),
    "cyclegan": Limit("CycleGAN ResNet-9", 4.9),
    "animegan": Limit("AnimeGANv2", 6.0, size=_LARGE),
    "pix2pixhd": Limit("pix2pixHD global, 64", 2.65, size=Size(1024, 512)),
    "unet_256": Limit("unet_256", 0.87, size=Size(1280, 768)),
    "eager": Limit("every network beside eager torch", 1.0, "x eager torch", least=True, scales=False, everywhere=True),
    "step-small": _AUTOGRAD("a step of the dream", size=_SMALL),
    "step-large": _AUTOGRAD("a step of the dream", size=_LARGE),
    "dream-zoom": Limit("dream-zoom, a picture", 10.0, size=_LARGE),
    "dream-mirror": Limit("dream-mirror, a picture", 10.0, size=_LARGE),
    "pattern": _PACED("the loop with the pattern", 59.4),
    "pattern-latency": _AT_MOST("the pattern, capture to display p50", 25.0),
    "pattern-missed": _AT_MOST("the pattern, missed refreshes", 0.0, ""),
    "film": _PACED("the loop with a film", 59.4),
    "film-latency": _AT_MOST("the film, capture to display p50", 25.0),
    "film-missed": _AT_MOST("the film, missed refreshes", 0.0, ""),
    "memory": Limit(
        "video memory, growth over 200 switches", 16.0, "MiB", Size(640, 360), scales=False, everywhere=True
    ),
}
"""What is promised on graphics cards, by the name of the figure. The times of networks and of steps are those on the
card, without copies from and to the processor's memory. A display at 60 counts as held from 59.4 pictures a second."""
