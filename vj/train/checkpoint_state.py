"""Checkpoints: everything that a training needs to go on as if it had never stopped, in one .safetensors file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from vj.base.errors import BadInput
from vj.model.files import safetensors_file
from vj.train.averages import AveragedNets
from vj.train.method import Method
from vj.train.settings import TrainingSettings

_FORMAT: Final = "vj training 1"
_LARGEST: Final = 16 * 2**30
"""The most bytes of a checkpoint's tensors."""


@dataclass(frozen=True)
class CheckpointState:
    """A moment of a training. ``step`` counts the steps that were taken, ``seconds`` is the time they took, ``attempt``
    how often it has gone back. ``tensors`` are copies on the processor, by name: networks, averages, optimisers."""

    settings: TrainingSettings
    step: int
    seconds: float
    attempt: int
    tensors: Mapping[str, Tensor]

    @property
    def finite(self) -> bool:
        """Returns whether all its numbers are numbers."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in self.tensors.values())

    def to_bytes(self) -> bytes:
        """Returns the content of its file, which `read_checkpoint` reads."""
        said = {"step": self.step, "seconds": self.seconds, "attempt": self.attempt}
        about = {"format": _FORMAT, "settings": self.settings.to_text(), "moment": json.dumps(said)}
        return safetensors_file.encoded(self.tensors, about)


def read_checkpoint(path: Path) -> CheckpointState:
    """Returns the moment that the file at ``path`` holds. No code in it is run. Raises BadInput for a file that can't
    be read, is damaged or is no checkpoint."""
    try:
        about = safetensors_file.metadata(path)
        if about.get("format") != _FORMAT:
            raise BadInput(f"{path} is no checkpoint of a training")
        settings, said = TrainingSettings.from_text(about["settings"]), json.loads(about["moment"])
        tensors = safetensors_file.load(path, _LARGEST)
        return CheckpointState(settings, int(said["step"]), float(said["seconds"]), int(said["attempt"]), tensors)
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is a damaged checkpoint: {error}") from None


def taken(method: Method, averages: AveragedNets, step: int, seconds: float, attempt: int) -> CheckpointState:
    """Returns this moment of the training of ``method``, as copies."""
    tensors = {name: tensor.detach().to("cpu", copy=True) for name, tensor in _tensors(method, averages)}
    return CheckpointState(method.settings, step, seconds, attempt, tensors)


def restore(state: CheckpointState, method: Method, averages: AveragedNets) -> None:
    """Brings the networks, averages and optimisers back to ``state``. Raises BadInput, naming the first tensor, if it
    is that of other networks; then nothing is changed."""
    wanted = {name: tuple(tensor.shape) for name, tensor in _tensors(method, averages) if not _varies(name)}
    given = {name: tuple(tensor.shape) for name, tensor in state.tensors.items() if not _varies(name)}
    odd = next((name for name in sorted({*wanted, *given}) if wanted.get(name) != given.get(name)), None)
    if odd is not None:
        raise BadInput(
            f"this checkpoint is of another architecture ({state.settings.described()}): {odd} is "
            f"{list(given.get(odd, ())) or 'missing'} for {list(wanted.get(odd, ())) or 'nothing'}"
        )
    for name, net in method.nets.items():
        net.load_state_dict(_below(state.tensors, f"net.{name}."))
    for name, net in averages.nets.items():
        net.load_state_dict(_below(state.tensors, f"average.{name}."))
    for name, optimiser in method.optimisers.items():
        held = _below(state.tensors, f"optimiser.{name}.")
        moments: dict[int, dict[str, Tensor]] = {}
        for key, tensor in held.items():
            place, _, kind = key.partition(".")
            moments.setdefault(int(place), {})[kind] = tensor.clone()
        optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})
    method.restore_extra(_below(state.tensors, "extra."))


def _tensors(method: Method, averages: AveragedNets) -> Iterator[tuple[str, Tensor]]:
    """Yields everything that a checkpoint holds, by name."""
    for kind, nets in (("net", method.nets), ("average", averages.nets)):
        for name, net in nets.items():
            yield from ((f"{kind}.{name}.{key}", tensor) for key, tensor in net.state_dict().items())
    for name, optimiser in method.optimisers.items():
        for place, moments in optimiser.state_dict()["state"].items():
            yield from ((f"optimiser.{name}.{place}.{kind}", tensor) for kind, tensor in moments.items())
    yield from ((f"extra.{name}", tensor) for name, tensor in method.extra_state().items())


def _varies(name: str) -> bool:
    """Returns whether a tensor of that name may be missing or have another shape at another moment."""
    return name.startswith(("optimiser.", "extra."))


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
