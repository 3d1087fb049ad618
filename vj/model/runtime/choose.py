"""Which way the 26-style network is run on this machine, and why: CUDA where there is one, else what is fastest."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vj.errors import Unavailable, unknown
from vj.frame.frame import Pixels, Size
from vj.model.nets.multistyle_weights import STYLES
from vj.model.runtime import autotune
from vj.paths import cache


class Runner(Protocol):
    """A prepared network."""

    def run(self, picture: Pixels, control: npt.NDArray[np.float32], /, *, out: Pixels) -> None: ...


@dataclass(frozen=True)
class StyleNetwork:
    """The network, ready for pictures of one size; ``why`` tells which runtime it is, and the reason."""

    runner: Runner
    why: str

    def run(self, picture: Pixels, weights: npt.NDArray[np.float32], out: Pixels) -> None:
        """``picture`` and ``out``: H×W×3 of the prepared size; ``weights``: float32 [26], summing to 1."""
        self.runner.run(picture, weights, out=out)


Make = Callable[[], Runner]


def style_network(file: Path, size: Size, runtime: str = "auto") -> StyleNetwork:
    """``file`` prepared for pictures of ``size``. ``runtime`` forces one of the ways. Raises BadInput, Unavailable."""
    ways = _ways(file, size)
    if not ways:
        raise Unavailable("nothing here runs the network; mend: pip install openvino torch")
    if runtime not in ("auto", *ways):
        raise unknown("runtime", runtime, ("auto", *ways))
    trouble = ""
    if runtime == "auto" and "cuda" in ways:
        try:
            return StyleNetwork(ways.pop("cuda")(), "cuda: half precision on the graphics card")
        except (RuntimeError, AssertionError, ImportError) as error:  # a driver, but no torch that can use it
            trouble = f"; cuda does not run here ({str(error).strip().splitlines()[0] if str(error) else 'no reason'})"
    if runtime == "auto" and "openvino-float" not in ways:
        return StyleNetwork(ways["torch"](), f"torch: OpenVINO isn't here{trouble}")
    choice = _verdict(ways, size, runtime)
    return StyleNetwork(ways[choice.choice](), f"{choice}{trouble}")


def _verdict(ways: dict[str, Make], size: Size, runtime: str) -> autotune.Verdict:
    """Timed once on this machine at this size; afterwards the verdict is read from the cache."""
    if runtime != "auto":
        return autotune.choose([autotune.Candidate(runtime, _nothing)], key={}, cache=cache("runtime"), force=runtime)
    from vj.model.nets import multistyle_graph
    from vj.model.runtime.openvino import machine

    key = {**machine(), "size": str(size), "graph": f"multistyle26-{multistyle_graph.VERSION}"}
    candidates = [autotune.Candidate(n, partial(_trial, make, size)) for n, make in ways.items() if n != "torch"]
    return autotune.choose(candidates, key=key, cache=cache("runtime"))


def _nothing() -> Callable[[], object]:
    return lambda: None


def _trial(make: Make, size: Size) -> Callable[[], object]:
    runner = make()
    picture = np.random.default_rng(0).integers(0, 256, (size.height, size.width, 3), np.uint8)
    weights, out = np.full(STYLES, 1 / STYLES, np.float32), np.empty_like(picture)
    return lambda: runner.run(picture, weights, out=out)


def _ways(file: Path, size: Size) -> dict[str, Make]:
    """What this machine could use, the most faithful first."""
    ways: dict[str, Make] = {}
    if _has_cuda():
        ways["cuda"] = partial(_torch, file, size, "cuda", "float16")
    if find_spec("openvino"):
        ways |= {name: partial(_openvino, file, size, *form) for name, form in _openvino_forms().items()}
    ways["torch"] = partial(_torch, file, size, "cpu", "float32")
    return ways


def _openvino_forms() -> dict[str, tuple[str, str]]:
    """Variant of the graph and precision of its floating-point part, the most faithful first."""
    from vj.model.runtime.openvino import has_bf16, has_vnni

    forms = {"openvino-float": ("float", "f32")}
    if has_bf16():
        forms["openvino-bf16"] = ("float", "bf16")
    if has_vnni():  # older processors clip pairs of 8-bit products, which would harm the picture unseen
        forms["openvino-int8"] = ("int8", "f32")
        if has_bf16():
            forms["openvino-int8-bf16"] = ("int8", "bf16")
    return forms


def _openvino(file: Path, size: Size, variant: str, precision: str) -> Runner:
    from vj.model.nets import multistyle_graph
    from vj.model.nets.multistyle_weights import weights_from_onnx
    from vj.model.runtime.openvino import Graph

    model = multistyle_graph.build(weights_from_onnx(file), size.height, size.width, variant)
    return Graph(model, precision=precision, cache=cache("openvino"))


def _torch(file: Path, size: Size, device: str, precision: str) -> Runner:
    import torch

    from vj.model.nets import multistyle
    from vj.model.runtime.torch_cuda import TorchGraph

    dtype: Any = getattr(torch, precision)
    return TorchGraph(multistyle.from_onnx(file), size.height, size.width, STYLES, device=device, dtype=dtype)


def _has_cuda() -> bool:
    """Whether an NVIDIA driver is here; asked without importing torch, which takes seconds that a restart lacks."""
    for library in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(library)
        except OSError:
            continue
        count = ctypes.c_int()
        return bool(driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0)
    return False
