"""Writes generators in their authors' own layout, as a state dict of torch that their code loads."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vj.base.errors import BadInput
from vj.model.files.architectures import authors_name, find, renamed

if TYPE_CHECKING:
    from torch import Tensor

    from vj.model.files.recognised import RecognisedNetwork

LAYOUTS: Final = ("unet", "resnet_generator", "transformer_net")
"""The networks that are written: the generators of junyanz/pytorch-CycleGAN-and-pix2pix, and PyTorch's fast styles."""

_COUNTER: Final = "num_batches_tracked"
"""What the names of whole numbers end in."""


def in_authors_layout(
    path: Path, recognised: RecognisedNetwork, *, safetensors: bool = False, half: bool = False
) -> bytes:
    """Returns the content of a .pth file, or with ``safetensors`` of a .safetensors file, with the generator of the
    file at ``path``, which was ``recognised``: float32 tensors, or with ``half`` float16, by the names that its
    authors' code has for them. Raises BadInput for a network that isn't in `LAYOUTS`, for a file that can't be read,
    and for numbers that half precision can't hold."""
    net = recognised.options.get("net", "")
    if net not in LAYOUTS:
        raise BadInput(f"{path} ({recognised.title}) is no generator of pix2pix or CycleGAN, and no fast style")
    from vj.model.files import safetensors_file, tensors

    arguments = recognised.options["arguments"]
    own = {renamed(net, name, arguments): tensor for name, tensor in tensors.load(path, _is_known).items()}
    named = {authors_name(net, name, arguments): _as(tensor, name, half) for name, tensor in own.items()}
    return safetensors_file.encoded(named) if safetensors else _saved(named)


def _is_known(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    return find(shapes) is not None


def _as(tensor: Tensor, name: str, half: bool) -> Tensor:
    """Returns a copy of the tensor called ``name`` in the number type in which it is written. Raises BadInput if that
    can't hold its numbers."""
    if name.endswith(_COUNTER):
        return tensor.long()
    if not half:
        return tensor.clone()
    halved = tensor.half()
    if not halved.isfinite().all():
        raise BadInput(f"{name} holds numbers beyond ±65504, too large for half precision")
    return halved


def _saved(named: dict[str, Tensor]) -> bytes:
    import torch

    content = io.BytesIO()
    torch.save(named, content)
    return content.getvalue()
