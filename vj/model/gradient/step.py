"""A classifier's layers, and the networks that compute the gradients of objectives over them."""

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
"""To be raised when the same objective's step would compute something else; it is part of all keys in caches."""
WORDS: Final = {"edges": 0.15, "textures": 0.28, "patterns": 0.5, "parts": 0.67, "objects": 0.83}
"""Words for what deeper and deeper layers dream of (Olah et al. 2017), and their depth as a part of all main layers."""
MULTIPLE: Final = 32
"""A picture's sides must be multiples of this: most classifiers halve them five times."""
_LOOKED_AT: Final = Size(512, 512)
"""The largest picture whose features are read."""
_GRID: Final = 3
"""The least side of a layer, in places, that counts as a layer of pixels."""
CLASSES: Final = "classes"
"""The word for the last layer of all, the class scores."""


_READ: Final = 3
"""The most classifiers that are kept in memory; several models of a bank may play the same one."""


def steps_of(classifier: Classifier) -> Steps:
    """Returns the classifier's steps: the same object each time for a classifier with the same ``key`` and ``labels``,
    unless `_READ` others have been asked for since. One thread at a time may call this. Nothing is read yet."""
    key = (classifier.key, classifier.labels)
    steps = _made.pop(key, None) or Steps(classifier)
    _made[key] = steps
    while len(_made) > _READ:
        del _made[next(iter(_made))]
    return steps


_made: dict[tuple[str, tuple[str, ...]], Steps] = {}


class Steps:
    """A classifier's layers and gradient networks. `steps_of` makes one for each classifier, because reading one takes
    seconds. ``classifier`` is the one that it was made with; making it reads nothing.

    What is found out about the network (its layers, and how each objective's step is computed) is kept in a file of the
    cache, not the weights or modules. Whatever isn't in there is found out, which loads torch and the network, when it
    is first asked for.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.notice = ""
        """One line that says why gradients are computed by torch's autograd; empty while all are written out. It may
        change with every call that reads the network."""

    @cached_property
    def net(self) -> nn.Module:
        """The classifier's torch module, in 32-bit floats on the processor, in eval mode, without gradients. It takes
        and gives what `Classifier.module` says: RGB [1, 3, h, w] in the range ``classifier.takes``, and scores [1,
        classes] or features. It is loaded when it is first asked for, then kept."""
        import torch

        with torch.inference_mode(False):  # the caller may be in that mode, and weights made in it can't be exported
            return self.classifier.module()

    @cached_property
    def layers(self) -> dict[str, NetworkLayer]:
        """Every layer whose result is [1, c, h, w] or [1, n], by the network's own (dotted) name, in order, with its
        measures.

        They come from the cache or from reading the network, which takes seconds. Raises BadInput if the network
        doesn't take a picture.
        """
        if not self._known["layers"]:
            found = _layers_written(self._graph) if self._graph else _layers_run(self.net)
            self._keep(layers=[(name, layer.shape, layer.shrinks) for name, layer in found.items()])
        return {name: NetworkLayer(tuple(shape), shrinks) for name, shape, shrinks in self._known["layers"]}

    @cached_property
    def _known(self) -> dict[str, Any]:
        """Returns what the cache holds about the network. With it and the compiled networks, a restarted engine plays
        at once: it needs neither torch nor the seconds that reading a network takes."""
        with suppress(OSError, ValueError):
            known = json.loads(self._place.read_text(encoding="utf-8"))
            if isinstance(known, dict) and known.keys() >= {
                "layers",
                "steps",
            }:  # else the file is damaged, and all is found out again
                return known
        return {"layers": [], "steps": {}}

    @property
    def _place(self) -> Path:
        """Returns the path of the cached findings."""
        return cache("gradients") / f"{self.classifier.key}-{VERSION}.json"

    def _keep(self, **news: Any) -> None:
        """Adds ``news`` to the cached findings. A cache that can't be written to costs time only."""
        self._known.update(news)
        with suppress(OSError):
            write_cached(self._place, json.dumps(self._known).encode())

    def _about(self, objective: Objective) -> Mapping[str, Any]:
        """Returns ``sized`` (whether each size of picture needs a network of its own) and ``notice`` (why the step is
        not written out; empty if it is)."""
        name = f"{objective.key} {'+'.join(objective.layers)}"
        if name not in self._known["steps"]:
            sized = getattr(self.written(objective), "sized", False)
            if not self._graph:  # the failure may be temporary, so it isn't cached
                return {"sized": sized, "notice": self.notice}
            self._keep(steps={**self._known["steps"], name: {"sized": sized, "notice": self.notice}})
        about: Mapping[str, Any] = self._known["steps"][name]
        self.notice = about["notice"] or self.notice
        return about

    @cached_property
    def main(self) -> list[str]:
        """The names of the layers worth naming, in order: blocks without the layers inside them (see `names.main`), and
        without layers whose sides are shorter than `_GRID` places."""
        from vj.model.gradient.names import main

        return [name for name in main(list(self.layers)) if not self.layers[name].pooled]

    @property
    def words(self) -> list[str]:
        """The words that stand for layers of this classifier: those of `WORDS`, and "classes" if it tells any apart."""
        return [*WORDS, *([CLASSES] if self.classifier.classes else [])]

    def layer(self, name: str) -> str:
        """Returns the network's own name for the layer ``name``, which may be that name itself or one of `words`.

        A word of `WORDS` stands for the main layer at that part of the depth, "classes" for the last layer without
        places. Raises BadInput, naming the choices, for any other name.
        """
        if name in self.layers:
            return name
        if name in WORDS and self.main:
            return self.main[round(WORDS[name] * (len(self.main) - 1))]
        if name == CLASSES and (flat := [name for name, layer in self.layers.items() if layer.flat]):
            return flat[-1]
        raise unknown("layer", name, [*self.words, *self.main])

    def features(self, picture: Pixels, layers: Sequence[str]) -> list[Tensor]:
        """Returns the activations of ``layers`` for ``picture``, a tensor for each, computed now by torch on the
        processor.

        ``picture`` is uint8 H×W×3 in RGB, and taken at its own size; ``layers`` are the network's own names. The
        tensors are float32 [1, c, h, w], or [1, n] for layers without places, and new ones.
        """
        import torch

        from vj.model.gradient.objective import Units

        image = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255
        built = self.written(Units(layers))
        with torch.inference_mode():
            return built.activations(image * built.scale + built.shift, layers)

    def samples(self, picture: Pixels, layer: str, count: int) -> npt.NDArray[np.float32]:
        """Returns float32 [count, channels]: the activations of ``layer`` for ``picture``, averaged over the cells of a
        grid of 8 rows and count / 8 columns, row by row, in a new array. ``count`` is a multiple of 8.

        ``picture`` is uint8 H×W×3 in RGB. It is scaled down first if it doesn't fit into 512x512, and its sides are cut
        to multiples of 32, at least 64. ``layer`` is the network's own name of a layer with places.
        """
        from torch.nn.functional import adaptive_avg_pool2d

        (found,) = self.features(_within(picture), [layer])
        cells = adaptive_avg_pool2d(found, (8, count // 8))
        return np.ascontiguousarray(cells[0].flatten(1).T.numpy())

    def network(self, objective: Objective, size: Size) -> Network:
        """Returns, as data that any runtime compiles, the network that gives the gradient of ``objective`` by the
        picture.

        It goes between floats: it takes float32 [h, w, 3] in 0..1 and the objective's controls, and gives float32 [h,
        w, 3], the derivative divided by the mean of its absolute numbers. If the objective reads a second picture, [h,
        w, 6] goes in, with that one behind. Sides are multiples of 32 and at least 64; only ``size`` is taken if each
        size needs a network of its own. If the gradient can't be written out, it isn't recordable, and `notice` says
        why. The first time for an objective, the classifier is read for that; later the cache answers.
        """
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
        """Returns a new torch module that gives the gradient of ``objective``, with the classifier's weights in 32-bit
        floats on the processor.

        It is a `Written`; if the gradient can't be written out, an `Autograd`, and then `notice` says why.
        """
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
        """Returns the network as a graph, or None (with a `notice`) if torch can't export it."""
        from vj.model.gradient.graph import read

        try:
            return read(self.net)
        except Exception as error:  # noqa: BLE001 - torch.export's own are of no common kind
            self._say(error)
            return None

    def _say(self, error: Exception) -> None:
        """Puts the reason why autograd is used into `notice`."""
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        self.notice = f"{self.classifier.name}: {said}; by autograd instead, which is slower"


@dataclass(frozen=True)
class NetworkLayer:
    """A layer's measures, for the picture of 224x224 pixels that the network was read with."""

    shape: tuple[int, ...]
    """The shape of its activations: [1, c, h, w], or [1, n] for a layer without places."""
    shrinks: int
    """How many pixels of the picture's side become one, rounded; the whole side for a layer without places."""

    @property
    def flat(self) -> bool:
        """True if it has no places but only numbers, [1, n], as the class scores."""
        return len(self.shape) == 2

    @property
    def pooled(self) -> bool:
        """True if it is flat, or if its height or width is less than `_GRID` places."""
        return self.flat or min(self.shape[2:]) < _GRID


def _within(picture: Pixels) -> Pixels:
    """Returns ``picture`` at most about as large as the pictures that networks are trained on, because features have a
    size in pixels."""
    size = _LOOKED_AT.fitted(picture.shape[1], picture.shape[0], 32)
    return resize(picture, Size(*(max(64, side) for side in size)))


def _layers_written(graph: GradientGraph) -> dict[str, NetworkLayer]:
    """Returns the layers of a graph."""
    return {name: NetworkLayer(graph.shapes[name], graph.shrinks(name)) for name in graph.layers}


def _layers_run(net: nn.Module) -> dict[str, NetworkLayer]:
    """Returns the layers of a network that has no graph, by running it once: every module whose result is one tensor.
    Raises BadInput."""
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
