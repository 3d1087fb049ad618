"""Compiles torch modules for a graphics card, keeps what was compiled in the user's cache, and says what it takes.

torch.compile (J. Ansel et al., "PyTorch 2: faster machine learning through dynamic Python bytecode transformation and
graph compilation", 2024) writes kernels in Triton that do several operations at once. Its first time takes 6 to 22
seconds for a picture network; what it finds is kept on disk, after which it takes a few.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from vj.base.paths import cache

FOLDERS: Final[Mapping[str, str]] = {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}
"""The libraries' environment variables for where they keep what they compiled, and the folder of the cache for each."""
_C_COMPILERS: Final = ("cc", "gcc", "clang")
_MOST_SPECIAL: Final = 4096
"""How many sizes and networks one piece of code is compiled for, at most: torch's own limit is 8, beyond which it
quietly doesn't compile."""


def trouble() -> str:
    """Returns why nothing can be compiled for a graphics card here, in a few words; an empty text if it can.

    It takes Triton and, except on Windows, a C compiler, which Triton calls. Neither is imported or run.
    """
    if importlib.util.find_spec("triton") is None:
        return "Triton is not installed"
    named = os.environ.get("CC")
    if sys.platform != "win32" and not any(map(shutil.which, [named] if named else _C_COMPILERS)):
        return f"there is no C compiler ({named or ', '.join(_C_COMPILERS)}), which Triton needs"
    return ""


def keep_kernels() -> None:
    """Has the libraries keep what they compile in the user's cache. Call it before they are imported; folders that
    environment variables name stay as they are."""
    for variable, folder in FOLDERS.items():
        os.environ.setdefault(variable, str(cache(folder)))


def compiled(module: Any) -> Callable[..., Any]:
    """Returns ``module`` as a function that is compiled when it is first called, for the sizes of that call alone.

    A process may compile as many networks and sizes as it likes. The compiling takes half of the processor's cores, at
    the priority of the calling thread.
    """
    keep_kernels()
    import torch

    made: Callable[..., Any] = torch.compile(module, dynamic=False)

    def run(*given: Any) -> Any:
        _configure()
        return made(*given)

    return run


def _configure() -> None:
    """Set the compiler's limits for the calling thread: in some versions of torch each has settings of its own."""
    import torch._dynamo
    import torch._inductor.config as inductor

    torch._dynamo.config.recompile_limit = _MOST_SPECIAL
    torch._dynamo.config.accumulated_recompile_limit = _MOST_SPECIAL
    inductor.compile_threads = max(1, (os.cpu_count() or 1) // 2)
