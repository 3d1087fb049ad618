"""Trained generators as model files: the authors' own layout, in the user's folder of models, with a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from vj.base.atomic_file import write_cached
from vj.base.paths import library
from vj.model.files import safetensors_file
from vj.model.files.architectures import authors_name
from vj.model.files.library import BACK
from vj.train.settings import TrainingSettings


@dataclass(frozen=True)
class DataCredit:
    """What a model's manifest says of its data: where it is, its licence, its makers, how side a was made from side b
    (``condition``, in a manifest's words), values for the parameters of that, and the shorter side of its pictures in
    pixels (``lines``, 0 if unknown)."""

    data: str = ""
    licence: str = ""
    credit: str = ""
    condition: str = ""
    values: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    lines: int = 0


def model_paths(name: str, settings: TrainingSettings) -> list[Path]:
    """Returns the paths of the files of the trained model ``name`` in the user's folder: one, and for a CycleGAN a
    second for the way back."""
    ends = ("", BACK) if settings.method == "cyclegan" else ("",)
    return [library("models", f"{name}{end}.safetensors") for end in ends]


def in_authors_layout(net: nn.Module, settings: TrainingSettings) -> dict[str, Tensor]:
    """Returns the tensors of the generator ``net``, on the processor, by the names that its authors' code has for
    them."""
    state = net.state_dict()
    names = {own: authors_name(settings.network, own, settings.generator) for own in state}
    return {names[own]: tensor.detach().cpu() for own, tensor in state.items()}


def write_models(name: str, settings: TrainingSettings, nets: Mapping[str, nn.Module], about: DataCredit) -> None:
    """Writes the model ``name``: a file for each of ``nets`` (generators by name, the played one first), and a manifest
    beside each that has none yet. Each file is replaced as a whole, so that a show may read it at any time. Raises
    OSError."""
    for path, net in zip(model_paths(name, settings), nets.values(), strict=True):
        place = path.with_suffix(".toml")
        if not place.exists():
            write_cached(place, manifest_text(name, settings, about, back=BACK in path.stem).encode())
        write_cached(path, safetensors_file.encoded(in_authors_layout(net, settings)))


def manifest_text(name: str, settings: TrainingSettings, about: DataCredit, *, back: bool = False) -> str:
    """Returns the text of the manifest of the trained model ``name``. ``back`` is for the second direction of a
    CycleGAN, before which pictures are not drawn. Only a U-Net sees the whole picture, so that it
    knows things by their size; the others' manifests name none."""
    said: dict[str, str | int] = {
        "title": f"{name}: {settings.method} {settings.size}{', the way back' if back else ''}, trained here",
        "family": {"style": "fast_style", "unet": "pix2pix", "cut": "cyclegan"}.get(settings.method, settings.method),
        "range": "0..255" if settings.method == "style" else "-1..1",
        "trained_at": about.lines if settings.paired else 0,
        "condition": "" if back else about.condition,
        "licence": about.licence,
        "credit": about.credit,
        "data": about.data,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value]
    if about.values and not back:
        lines += ["", "[set]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in about.values.items())]
    return "\n".join(lines) + "\n"
