"""Fast style transfer: one network learns one painting's strokes and colours, for any picture.

Paper: J. Johnson, A. Alahi, L. Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", ECCV
2016. Strokes and shapes are seen by the classifier and in the layers that the live optimisation takes (see
`vj.model.gradient.gram`), with errors relative to the painting's own. One more loss keeps films steady: what is
seen again a moment later is to be painted as it was before (see `vj.train.camera_shift`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from vj.base.frame import Pixels
from vj.model.classifier import Classifier
from vj.model.gradient.gram import chosen
from vj.model.gradient.step import steps_of
from vj.model.nets.transformer_net import TransformerNet
from vj.train import losses
from vj.train.camera_shift import CameraShift
from vj.train.method import Method, StepRandom, detached
from vj.train.process_group import ProcessGroup
from vj.train.settings import TrainingSettings

_CONTENT: Final = 1.0
"""The weight of shapes beside that of strokes."""
_CALM: Final = 0.1
"""The weight of the total variation."""
_BETAS: Final = (0.9, 0.999)
_CONTRAST: Final = 50.0
"""How much stronger the last layer begins than torch would have it: its numbers are bytes."""
_MULTIPLE: Final = 32
"""What sides of pictures for classifiers are cut to."""


class LayerReader:
    """Reads the results of some of a classifier's layers. The classifier's weights get no gradients."""

    def __init__(self, classifier: Classifier, layers: Sequence[str], device: torch.device) -> None:
        """``layers`` are dotted names of the classifier's modules, in the order in which they are wanted."""
        self._net = classifier.module().to(device).eval().requires_grad_(False)
        scale, shift = classifier.takes.scale, classifier.takes.shift
        self._scale, self._shift = (torch.tensor(part, device=device).view(1, 3, 1, 1) for part in (scale, shift))
        self._layers = tuple(layers)
        self._found: dict[str, Tensor] = {}
        for name in self._layers:
            self._net.get_submodule(name).register_forward_hook(self._hook(name))

    def __call__(self, pictures: Tensor) -> list[Tensor]:
        """Returns the layers' results, [n, c, h, w] each, for ``pictures`` [n, 3, h, w] in 0..1, sides multiples of
        32."""
        self._net(pictures * self._scale + self._shift)
        found = [self._found[name].float() for name in self._layers]
        self._found.clear()
        return found

    def _hook(self, name: str) -> Any:
        def keep(module: nn.Module, given: object, result: Tensor) -> None:
            self._found[name] = result

        return keep


class StyleMethod(Method):
    """``G`` paints like one painting; the pictures of side a teach it, those of side b don't matter."""

    columns = ("given", "made")
    played = ("G",)

    def __init__(
        self,
        settings: TrainingSettings,
        device: torch.device,
        group: ProcessGroup,
        classifier: Classifier,
        painting: Pixels,
    ) -> None:
        """``classifier`` sees; ``painting`` (uint8 RGB [h, w, 3]) should have about the sides of the pictures, since
        its strokes become as large as they are in it."""
        super().__init__(settings, device, group)
        self.nets = {"G": _generator(settings).to(device)}
        self.optimisers = {"G": self.adam("G", betas=_BETAS)}
        objective = chosen(steps_of(classifier))
        self._read = LayerReader(classifier, objective.layers, device)
        with torch.no_grad():
            *strokes, _ = self._read(_cut(painting).to(device))
            self._wanted = [losses.gram(features) for features in strokes]

    def step(self, a: Tensor, b: Tensor, random: StepRandom) -> dict[str, Tensor]:
        with self.autocast():
            made = _painted(self.nets["G"], a).float()
            with torch.no_grad():
                shapes = self._read((a + 1) / 2)[-1]
            *strokes, seen = self._read(made)
        style = losses.style(strokes, self._wanted)
        content, calm = losses.content(seen, shapes), losses.variation(made)
        whole, told = style + _CONTENT * content + _CALM * calm, {"style": style, "content": content}
        if self.settings.steady:
            told["motion"] = self._motion(a, made, random)
            whole = whole + self.settings.steady * told["motion"]
        self.descend("G", whole)
        return detached(told)

    def _motion(self, pictures: Tensor, made: Tensor, random: StepRandom) -> Tensor:
        """Returns how differently the same things are painted a moment after ``made``: the mean absolute difference."""
        shift = CameraShift.drawn(random)
        with self.autocast():
            later = _painted(self.nets["G"], shift.later(pictures, random)).float()
        return losses.absolute(*shift.overlap(made, later))

    def shown(self, nets: Mapping[str, nn.Module], a: Tensor, b: Tensor) -> list[Tensor]:
        return [a, _painted(nets["G"], a) * 2 - 1]


def _generator(settings: TrainingSettings) -> nn.Module:
    """Returns a new generator that gives noise around middle grey."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        net = TransformerNet(**settings.generator)
    last = net.deconv3.conv2d
    with torch.no_grad():
        last.weight *= _CONTRAST
        cast(Tensor, last.bias).fill_(127.5)
    return net.train()


def _painted(net: nn.Module, pictures: Tensor) -> Tensor:
    """Returns what the generator makes of ``pictures``, in 0..1, unclipped; it takes and gives bytes' range."""
    return cast(Tensor, net((pictures + 1) * 127.5)) / 255.0


def _cut(painting: Pixels) -> Tensor:
    """Returns the painting as [1, 3, h, w] in 0..1, sides cut to multiples of 32."""
    height, width = (max(_MULTIPLE, side // _MULTIPLE * _MULTIPLE) for side in painting.shape[:2])
    cut = torch.from_numpy(painting[:height, :width].copy())
    return cut.permute(2, 0, 1)[None].float() / 255.0
