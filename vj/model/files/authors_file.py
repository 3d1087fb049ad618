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


def in_authors_layout(path: Path, recognised: RecognisedNetwork) -> bytes:
    """Returns the content of a .pth file with the generator of the file at ``path``, which was ``recognised``: float32
    tensors by the names that its authors' code has for them. Raises BadInput for a network that isn't in `LAYOUTS`, and
    for a file that can't be read."""
    net = recognised.options.get("net", "")
    if net not in LAYOUTS:
        raise BadInput(f"{path} ({recognised.title}) is no generator of pix2pix or CycleGAN, and no fast style")
    from vj.model.files import tensors

    arguments = recognised.options["arguments"]
    own = {renamed(net, name, arguments): tensor for name, tensor in tensors.load(path, _is_known).items()}
    return _saved({authors_name(net, name, arguments): tensor for name, tensor in own.items()})


def _is_known(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    return find(shapes) is not None


def _saved(named: dict[str, Tensor]) -> bytes:
    import torch

    content = io.BytesIO()
    counted = {name: tensor.long() if name.endswith(_COUNTER) else tensor.clone() for name, tensor in named.items()}
    torch.save(counted, content)
    return content.getvalue()
