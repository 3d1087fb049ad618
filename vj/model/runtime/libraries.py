"""The libraries that run networks: which of them can be used here, in which version, and why not.

OpenVINO and ONNX Runtime are checked by importing them, because an installed package may lack a system library. torch
is checked without importing it: that takes seconds which an engine that restarts after a crash doesn't have.
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
from typing import NamedTuple

from vj.base.errors import Unavailable
from vj.base.packages import install_command


class TorchBuild(NamedTuple):
    """What the installed torch was built for: its own version, and those of CUDA, of ROCm (``hip``) and of Intel's XPU.

    A version is empty if this torch can't use such cards, or if its file of versions can't be read.
    """

    version: str
    cuda: str = ""
    hip: str = ""
    xpu: str = ""


def openvino() -> ModuleType:
    """Returns the module openvino, which is imported at the first call and kept from contacting its makers.

    Call this before any import of it. Raises Unavailable, with the command that installs it, if it is missing or can't
    be imported; the reason then stands for as long as the process lives.
    """
    return _library("openvino")


def onnxruntime() -> ModuleType:
    """Returns the module onnxruntime, which is imported at the first call and kept from contacting its makers.

    Raises Unavailable, with the command that installs it, if it is missing or can't be imported; the reason then stands
    for as long as the process lives.
    """
    return _library("onnxruntime")


def why_not(name: str) -> str:
    """Returns why the library ``name`` (openvino, onnxruntime or torch) can't be used here, in one line; an empty text
    if it can.

    OpenVINO and ONNX Runtime are imported to find out, once in a process. Torch isn't: for it the answer only says
    whether it is installed.
    """
    if name == "torch":
        return "" if torch_build() else "torch is not installed"
    return _loaded(name)[1]


def version(name: str) -> str:
    """Returns the version of the library ``name`` (openvino, onnxruntime or torch) as text, such as ``1.32.0``.

    It is empty if the library can't be used. OpenVINO and ONNX Runtime are imported for it, torch isn't.
    """
    if name == "torch":
        build = torch_build()
        return build.version if build else ""
    module = _loaded(name)[0]
    return str(getattr(module, "__version__", "")) if module else ""


@cache
def torch_build() -> TorchBuild | None:
    """Returns what the installed torch was built for, read from its ``version.py``; None if there is no torch.

    Torch isn't imported. The file is read once in a process.
    """
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
    """Returns whether OpenVINO's makers publish wheels for this system and processor, installed here or not.

    They do for Linux on x86-64 and 64-bit ARM, Windows on x86-64, and macOS on Apple's processors.
    """
    machine = platform.machine().lower()
    return {
        "linux": machine in ("x86_64", "aarch64"),
        "win32": machine in ("amd64", "x86_64"),
        "darwin": machine == "arm64",
    }.get(sys.platform, False)


def _library(name: str) -> ModuleType:
    """Returns the library ``name``. Raises Unavailable, with the command that installs it."""
    module, reason = _loaded(name)
    if module is None:
        raise Unavailable(f"{reason}; fix: {install_command(name)}")
    return module


@cache
def _loaded(name: str) -> tuple[ModuleType | None, str]:
    """Returns the library and an empty text; or None and the reason why it can't be imported.

    A library that can't be imported is declared absent for the whole process, because torch looks for it too, and
    expects no errors. Libraries are kept from contacting their makers. OpenVINO imports its model converter, and that a
    telemetry client that writes to the home folder: the converter is declared absent, for which the package is
    prepared, and OpenVINO then loads six times faster. ONNX Runtime reports every model that it loads, from version
    1.29 on Linux too.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        module = importlib.import_module(name)
        if name == "onnxruntime":
            module.disable_telemetry_events()  # for Windows, which ignores the variable
        return module, ""
    except Exception as error:  # noqa: BLE001 - a library that raises anything counts as missing
        said = " ".join(str(error).split()) or type(error).__name__
        reason = f"{name} is not installed" if _spec(name) is None else f"{name} can't be imported: {said}"
        sys.modules[name] = None  # type: ignore[assignment]
        return None, reason


def _spec(name: str) -> ModuleSpec | None:
    """Returns where a package lies; None if it is missing or declared absent."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _installed(name: str) -> str:
    try:
        return installed_version(name)
    except PackageNotFoundError:
        return ""
