"""A classifier's steps: which layers there are, and the network that gives an objective's gradient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from vj.base.atomic_file import write_cached
from vj.base.convert import resize
from vj.base.errors import BadInput, unknown
from vj.base.frame import Pixels, Size
from vj.base.paths import cache
from vj.model.network import UNIT, Network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vj.model.classifier import Classifier
    from vj.model.gradient.graph import GradientGraph
    from vj.model.gradient.objective import Objective
    from vj.model.gradient.written import Gradient

VERSION: Final = 1
"""Goes up when the same objective's step comes to compute something else."""
WORDS: Final = {"edges": 0.15, "textures": 0.28, "patterns": 0.5, "parts": 0.67, "objects": 0.83}
"""What deeper and deeper layers dream of (Olah et al. 2017), and how deep that is, as a part of all layers."""
MULTIPLE: Final = 32
"""Of a picture's sides: most classifiers halve them five times."""
_LOOKED_AT: Final = Size(512, 512)
_GRID: Final = 3
CLASSES: Final = "classes"
"""The word for the last layer of all: the class scores."""


_READ: Final = 3
"""Classifiers that stay read: several models of a bank play the same one."""


def steps_of(classifier: Classifier) -> Steps:
    """The classifier's steps, the same ones each time. Called by one thread at a time."""
    key = (classifier.key, classifier.labels)
    steps = _made.pop(key, None) or Steps(classifier)
    _made[key] = steps
    while len(_made) > _READ:
        del _made[next(iter(_made))]
    return steps


_made: dict[tuple[str, tuple[str, ...]], Steps] = {}


class Steps:
    """Made once for a classifier; reading it takes seconds."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.notice = ""
        """Why it is not written out, where that is so."""

    @cached_property
    def net(self) -> nn.Module:
        """The classifier itself, in 32-bit floats."""
        import torch

        with torch.inference_mode(False):  # the first caller may be in it: weights made in that mode can't be exported
            return self.classifier.module()

    @cached_property
    def layers(self) -> dict[str, NetworkLayer]:
        """Every layer by the network's own name, in order, with its measures."""
        if not self._known["layers"]:
            found = _layers_written(self._graph) if self._graph else _layers_run(self.net)
            self._keep(layers=[(name, layer.shape, layer.shrinks) for name, layer in found.items()])
        return {name: NetworkLayer(tuple(shape), shrinks) for name, shape, shrinks in self._known["layers"]}

    @cached_property
    def _known(self) -> dict[str, Any]:
        """What was found out about the network before: an engine that comes back is to play at once, and with this, and
        what was compiled, it needs neither torch nor the seconds that reading a network takes."""
        with suppress(OSError, ValueError):
            known = json.loads(self._place.read_text(encoding="utf-8"))
            if isinstance(known, dict) and known.keys() >= {"layers", "steps"}:  # else damaged: found out anew
                return known
        return {"layers": [], "steps": {}}

    @property
    def _place(self) -> Path:
        return cache("gradients") / f"{self.classifier.key}-{VERSION}.json"

    def _keep(self, **news: Any) -> None:
        """A cache that can't be written to costs time only."""
        self._known.update(news)
        with suppress(OSError):
            write_cached(self._place, json.dumps(self._known).encode())

    def _about(self, objective: Objective) -> Mapping[str, Any]:
        """Whether each size is another network, and why it isn't written out, where that is so."""
        name = f"{objective.key} {'+'.join(objective.layers)}"
        if name not in self._known["steps"]:
            sized = getattr(self.written(objective), "sized", False)
            if not self._graph:  # it may have been the moment's fault: looked at anew by the next show
                return {"sized": sized, "notice": self.notice}
            self._keep(steps={**self._known["steps"], name: {"sized": sized, "notice": self.notice}})
        about: Mapping[str, Any] = self._known["steps"][name]
        self.notice = about["notice"] or self.notice
        return about

    @cached_property
    def main(self) -> list[str]:
        """The layers worth naming: blocks of pixels, not what they are made of."""
        from vj.model.gradient.names import main

        return [name for name in main(list(self.layers)) if not self.layers[name].pooled]

    @property
    def words(self) -> list[str]:
        """The words that stand for layers here."""
        return [*WORDS, *([CLASSES] if self.classifier.classes else [])]

    def layer(self, name: str) -> str:
        """The network's own name of the layer ``name``, which may be one of `WORDS`. Raises BadInput."""
        if name in self.layers:
            return name
        if name in WORDS and self.main:
            return self.main[round(WORDS[name] * (len(self.main) - 1))]
        if name == CLASSES and (flat := [name for name, layer in self.layers.items() if layer.flat]):
            return flat[-1]
        raise unknown("layer", name, [*self.words, *self.main])

    def features(self, picture: Pixels, layers: Sequence[str]) -> list[Tensor]:
        """The activations of ``layers`` for ``picture`` (H×W×3), by torch."""
        import torch

        from vj.model.gradient.objective import Units

        image = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255
        built = self.written(Units(layers))
        with torch.inference_mode():
            return built.activations(image * built.scale + built.shift, layers)

    def samples(self, picture: Pixels, layer: str, count: int) -> npt.NDArray[np.float32]:
        """[count, channels]: the activations of ``layer`` for ``picture``, averaged over the cells of a grid."""
        from torch.nn.functional import adaptive_avg_pool2d

        (found,) = self.features(_within(picture), [layer])
        cells = adaptive_avg_pool2d(found, (8, count // 8))
        return np.ascontiguousarray(cells[0].flatten(1).T.numpy())

    def network(self, objective: Objective, size: Size) -> Network:
        """The step towards ``objective`` for pictures of ``size``; see `vj.model.gradient.written.Gradient`."""
        shapes = [self.layers[layer].shape for layer in objective.layers]
        about = self._about(objective)
        kind = f"gradient-{VERSION}-{self.classifier.key}-{objective.key}"
        sized = about["sized"]
        network = Network(
            f"{self.classifier.name}-{objective.key}",
            f"{kind}-{'-'.join(objective.layers)}{f'-{size}' if sized else ''}",
            takes=UNIT,
            gives=UNIT,
            multiple=MULTIPLE,
            smallest=2 * MULTIPLE,
            controls=objective.controls(shapes),
            module=lambda: self.written(objective).eval(),
            steady=False,
            floats=True,
            channels=6 if objective.beside else 3,
            recordable=not about["notice"],
            timed_as=kind,
        )
        return replace(network, fixed=size) if sized else network

    def written(self, objective: Objective) -> Gradient:
        """The step as a torch module; by autograd, and saying so, where it can't be written out."""
        from vj.model.gradient.rules import Inexpressible
        from vj.model.gradient.written import Autograd, Written

        if self._graph:
            try:
                return Written(self._graph, objective, self.classifier.takes)
            except Inexpressible as error:
                self._say(error)
        return Autograd(self.net, objective, self.classifier.takes)

    @cached_property
    def _graph(self) -> GradientGraph | None:
        from vj.model.gradient.graph import read

        try:
            return read(self.net)
        except Exception as error:  # noqa: BLE001 - torch.export's own are of no common kind
            self._say(error)
            return None

    def _say(self, error: Exception) -> None:
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        self.notice = f"{self.classifier.name}: {said}; by autograd instead, which is slower"


@dataclass(frozen=True)
class NetworkLayer:
    """A layer's measures: ``shape`` of its activations, for a picture of the side that it was read with."""

    shape: tuple[int, ...]
    shrinks: int
    """How many pixels of the picture's side become one."""

    @property
    def flat(self) -> bool:
        """Whether it has no places, only numbers: the classes."""
        return len(self.shape) == 2

    @property
    def pooled(self) -> bool:
        """Whether all places have become one, or nearly."""
        return self.flat or min(self.shape[2:]) < _GRID


def _within(picture: Pixels) -> Pixels:
    """Not larger than what a network was trained on by much: its features have a size."""
    size = _LOOKED_AT.fitted(picture.shape[1], picture.shape[0], 32)
    return resize(picture, Size(*(max(64, side) for side in size)))


def _layers_written(graph: GradientGraph) -> dict[str, NetworkLayer]:
    return {name: NetworkLayer(graph.shapes[name], graph.shrinks(name)) for name in graph.layers}


def _layers_run(net: nn.Module) -> dict[str, NetworkLayer]:
    """By running it: every module whose result is one tensor."""
    import torch

    from vj.model.gradient.graph import SIDE

    found: dict[str, NetworkLayer] = {}

    def keep(name: str) -> object:
        def hook(module: object, given: object, result: object) -> None:
            if isinstance(result, torch.Tensor) and result.dim() in (2, 4):
                shape = tuple(result.shape)
                found[name] = NetworkLayer(shape, round(SIDE / shape[2]) if len(shape) == 4 else SIDE)

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in net.named_modules() if name]
    try:
        with torch.no_grad():
            net(torch.zeros(1, 3, SIDE, SIDE))
    except RuntimeError as error:
        raise BadInput(f"the classifier doesn't take a picture: {error}") from error
    finally:
        for hook in hooks:
            hook.remove()
    return found
