"""The torch modules of networks on a device: their weights are there once, whatever sizes they are played at."""

from __future__ import annotations

import copy
import threading
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import nn

from vj.base.errors import BadInput
from vj.model.network import Network

_Key = tuple[str, str, torch.dtype, bool]
_loaded: WeakValueDictionary[_Key, nn.Module] = WeakValueDictionary()
_loading = threading.Lock()


def card_module(network: Network, device: torch.device, dtype: torch.dtype, channels_last: bool) -> nn.Module:
    """Returns the network's module on ``device`` with weights of ``dtype``, in eval mode, without gradients.

    It is the same module as before as long as anything holds it, so it must not be changed. A network that isn't
    recordable is loaded anew each time, because it keeps something while it runs. Batch norms keep 32-bit floats.
    ``channels_last`` lays the kernels out with their channels together. Raises BadInput if the network has no module.
    """
    if not network.recordable:
        return _new(network, device, dtype, channels_last)
    key = (network.key, str(device), dtype, channels_last)
    with _loading:
        found = _loaded.get(key)
        if found is None:
            found = _loaded[key] = _new(network, device, dtype, channels_last)
        return found


def _new(network: Network, device: torch.device, dtype: torch.dtype, channels_last: bool) -> nn.Module:
    if network.module is None:
        raise BadInput(f"{network.name} is an ONNX file only; torch can't run it")
    net: Any = network.module().eval()
    exact = [(part, copy.deepcopy(part)) for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
    net = net.to(device, dtype)
    for part, before in exact:  # a variance may be more than half precision can hold
        part.float().load_state_dict(before.state_dict())
    layout = torch.channels_last if channels_last else torch.contiguous_format
    placed: nn.Module = net.to(memory_format=layout)
    return placed
