"""Classifiers whose code is in the packages timm and torchvision, which are imported only when they are needed.

A file's manifest names the network.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import cast

from torch import nn

from vj.base.errors import BadInput, Unavailable
from vj.base.packages import install_command


def timm(*, name: str, classes: int) -> nn.Module:
    """Returns timm's network of that name, such as ``resnet50``: image [1, 3, h, w] -> scores [1, classes].

    Its weights are random and nothing is downloaded; it is in training mode, on the processor. Raises BadInput for a
    name that timm doesn't know, Unavailable if timm can't be imported.
    """
    package = _imported("timm", "timm")
    try:
        return cast(nn.Module, package.create_model(name, pretrained=False, num_classes=classes))
    except (RuntimeError, ValueError, TypeError) as error:
        raise _unknown("timm", name, error) from error


def torchvision(*, name: str, classes: int) -> nn.Module:
    """Returns torchvision's network of that name, such as ``resnet50``: image [1, 3, h, w] -> scores [1, classes].

    Its weights are random and nothing is downloaded; it is in training mode, on the processor. Raises BadInput for a
    name that torchvision doesn't know, Unavailable if torchvision can't be imported.
    """
    package = _imported("torchvision", "torchvision.models")
    try:
        return cast(nn.Module, package.get_model(name, weights=None, num_classes=classes))
    except (RuntimeError, ValueError, TypeError) as error:
        raise _unknown("torchvision", name, error) from error


def _imported(package: str, module: str) -> ModuleType:
    """Returns the module of the package. Raises Unavailable."""
    try:
        return import_module(module)
    except (ImportError, RuntimeError, OSError) as error:  # one that doesn't fit torch fails in any of these ways
        fix = install_command(package)
        raise Unavailable(f"the package {package} can't be used ({error}); fix: {fix}") from error


def _unknown(package: str, name: str, error: Exception) -> BadInput:
    return BadInput(f"{package} makes no classifier of the name {name!r}: {error}")
