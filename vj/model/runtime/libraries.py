"""The libraries that run networks: which of them can be used here, in which version, and why not.

OpenVINO and ONNX Runtime are asked by importing them, as an installed package may still lack a system library. torch
isn't imported for asking: that takes seconds which an engine that comes back after a crash doesn't have.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from vj.base.errors import Unavailable
from vj.base.packages import install_command

DISTRIBUTIONS: Final = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
"""The packages that bring ``import onnxruntime``; they differ in their execution providers."""


class TorchBuild(NamedTuple):
    """What torch was built for: its version, and those of CUDA, ROCm and XPU, each empty where it can't use them."""

    version: str
    cuda: str = ""
    hip: str = ""
    xpu: str = ""


def openvino() -> ModuleType:
    """The openvino package. Every import of it in this project comes after a call of this. Raises Unavailable."""
    return _library("openvino")


def onnxruntime() -> ModuleType:
    """The onnxruntime package. Raises Unavailable."""
    return _library("onnxruntime")


def why_not(name: str) -> str:
    """Why the library ``name`` (openvino, onnxruntime or torch) can't be used here, in one line; empty if it can."""
    if name == "torch":
        return "" if torch_build() else "torch is not installed"
    return _loaded(name)[1]


def version(name: str) -> str:
    """The version of the library ``name``; empty where it can't be used."""
    if name == "torch":
        build = torch_build()
        return build.version if build else ""
    module = _loaded(name)[0]
    return str(getattr(module, "__version__", "")) if module else ""


@cache
def torch_build() -> TorchBuild | None:
    """What the installed torch was built for, read from its ``version.py``; None where there is no torch."""
    spec = _spec("torch")
    if spec is None or not spec.origin:
        return None
    try:
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return TorchBuild(_installed("torch"))
    told = dict(re.findall(r"^(\w+)(?:: Optional\[str\])? = '([^']*)'$", text, re.MULTILINE))
    number = told.get("__version__") or _installed("torch")
    return TorchBuild(number, told.get("cuda", ""), told.get("hip", ""), told.get("xpu", ""))


def has_wheels_of_openvino() -> bool:
    """Whether OpenVINO's makers publish wheels for this system and processor."""
    machine = platform.machine().lower()
    return {
        "linux": machine in ("x86_64", "aarch64"),
        "win32": machine in ("amd64", "x86_64"),
        "darwin": machine == "arm64",
    }.get(sys.platform, False)


def _library(name: str) -> ModuleType:
    module, reason = _loaded(name)
    if module is None:
        raise Unavailable(f"{reason}; fix: {install_command(name)}")
    return module


@cache
def _loaded(name: str) -> tuple[ModuleType | None, str]:
    """The library, or None and the reason. What a broken installation raises is of no common kind.

    One that can't be imported is declared absent for all of the process: torch looks for it too, and expects no errors.
    None of them calls its maker. OpenVINO imports its model converter, and that a telemetry client that writes to the
    home folder; the converter is declared absent, which the package is prepared for, and it loads six times faster.
    ONNX Runtime tells of each model that it loads, from its version 1.29 on Linux too.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        module = importlib.import_module(name)
        if name == "onnxruntime":
            module.disable_telemetry_events()  # Windows, which doesn't look at the variable
        return module, ""
    except Exception as error:  # noqa: BLE001 - a library that fails in any way is one that isn't there
        said = " ".join(str(error).split()) or type(error).__name__
        reason = f"{name} is not installed" if _spec(name) is None else f"{name} can't be imported: {said}"
        sys.modules[name] = None  # type: ignore[assignment]
        return None, reason


def _spec(name: str) -> ModuleSpec | None:
    """Where a package lies; None where it is missing or hidden."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _installed(name: str) -> str:
    try:
        return installed_version(name)
    except PackageNotFoundError:
        return ""
