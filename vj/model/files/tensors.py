"""Loads tensors from the usual files of network weights, without running any code that is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from vj.base.errors import BadInput
from vj.model.files import safetensors_file, torch_file

LARGEST = 4 * 2**30
"""The most bytes of a file, and of all its tensors as float32."""
_WRAPPERS = (
    "params_ema", "g_ema", "state_dict", "model_state_dict", "params", "generator", "netG", "netG_A2B", "netG_A",
    "G_A2B", "G", "model", "net",
)  # fmt: skip
"""Keys under which training scripts store a network's tensors, the most telling first."""
_PREFIXES = (
    "module.", "_orig_mod.", "netG.", "netG_A.", "netG_A2B.", "netG_B.", "netG_B2A.", "generator.", "G_A2B.", "G.",
)  # fmt: skip
"""Name prefixes of wrapped modules, and of the generator's tensors in files that hold other networks beside it."""
_MORE_PREFIXES = (
    "ema", "model_ema", "params_ema", "module", "_orig_mod", "net_g", "netG", "gen", "generator", "G", "transformer",
    "student", "state_dict", "model", "net", "network", "weights",
)  # fmt: skip
"""First parts of names that may stand before a network's own names. They are removed only if the names as they stand
are no known network's, since some networks' own names begin with such a word."""
_DEEPEST = 4
"""The most keys, or prefixes, around a network's tensors."""


def load(path: Path, is_known: Callable[[Mapping[str, tuple[int, ...]]], bool] | None = None) -> dict[str, Tensor]:
    """Returns the tensors of a .pth, .pt, .ckpt or .safetensors file, by name without prefixes: float32, contiguous, on
    the CPU, finite; some may share memory. All names but .safetensors are read as torch's.

    If keys and prefixes can be removed in several ways, ``is_known`` gets the names and shapes of each result and
    returns whether they are a network; the first that it accepts is taken, else the likeliest. Raises BadInput for a
    file that can't be read, holds no tensors, asks to run code, holds numbers that aren't finite, or declares more than
    it holds or than `LARGEST`.
    """
    size = _checked_size(path)
    if path.suffix.lower() == ".safetensors":
        found: object = safetensors_file.load(path, LARGEST)
    else:
        torch_file.check(path, size, LARGEST)
        found = _load_torch(path)
    named = _chosen(path, found, is_known)
    if sum(tensor.numel() for tensor in named.values()) * 4 > LARGEST:  # one tensor may have many names
        raise BadInput(f"the tensors of {path} are more than {LARGEST} bytes; no more are loaded")
    return {name: _sound(path, name, tensor) for name, tensor in named.items()}


def _checked_size(path: Path) -> int:
    """Returns the file's size in bytes. Raises BadInput if it can't be read, is empty or is too large."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder, not a file of weights")
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from error
    if size == 0:
        raise BadInput(f"{path} is empty")
    if size > LARGEST:
        raise BadInput(f"{path} is {size} bytes long; at most {LARGEST} are loaded")
    return size


def _load_torch(path: Path) -> object:
    """Returns what torch reads in the file without running code. Raises BadInput."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can fail anywhere in torch; it is never loaded unsafely instead
        reason = str(error).strip().split("\n", 1)[0]
        raise BadInput(f"torch can't load {path} safely: {reason or type(error).__name__}") from error


def _chosen(
    path: Path, found: object, is_known: Callable[[Mapping[str, tuple[int, ...]]], bool] | None
) -> dict[str, Tensor]:
    """Returns the likeliest tensors by name; if ``is_known`` rejects them, the first others in ``found`` that it
    accepts."""
    groups = list(_groups(found))
    likeliest = _named(path, found) if is_known is None or not groups else _unwrapped_tensors(found) or groups[0]
    if is_known is None:
        return likeliest
    others = (named for group in groups for named in _without_prefixes(group))
    return next((named for named in chain((likeliest,), others) if is_known(_shapes(named))), likeliest)


def _groups(found: object, depth: int = 0) -> Iterator[dict[str, Tensor]]:
    """Yields the tensors that lie side by side in ``found`` or in anything it holds, the most telling keys first."""
    if not isinstance(found, Mapping) or depth > _DEEPEST:
        return
    tensors = {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if tensors:
        yield tensors
    keys = sorted(found, key=lambda key: _WRAPPERS.index(key) if key in _WRAPPERS else len(_WRAPPERS))
    for key in keys:
        yield from _groups(found[key], depth + 1)


def _without_prefixes(tensors: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Yields ``tensors`` as they are named; then, as often as there is one, those whose names begin with a common first
    part, without that part."""
    yield tensors
    for _ in range(_DEEPEST):
        firsts = {name.partition(".")[0] for name in tensors if "." in name}
        prefix = next((f"{word}." for word in _MORE_PREFIXES if word in firsts), "")
        if len(firsts) == 1 and not prefix:
            prefix = f"{firsts.pop()}."
        if not prefix:
            return
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        yield tensors


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _named(path: Path, found: object) -> dict[str, Tensor]:
    """Returns the tensors in ``found`` by name, without wrappers and prefixes. Raises BadInput if there are none."""
    tensors = _unwrapped_tensors(found)
    if not tensors:
        content = _unwrapped(found)
        held = f"the keys {', '.join(map(str, list(content)[:6]))}" if content else f"a {type(found).__name__}"
        raise BadInput(f"{path} holds no tensors by name, but {held}")
    return tensors


def _unwrapped_tensors(found: object) -> dict[str, Tensor]:
    """Returns the tensors in ``found`` by name, without wrappers and prefixes."""
    tensors = {name: tensor for name, tensor in _unwrapped(found).items() if isinstance(tensor, Tensor)}
    while prefix := next((prefix for prefix in _PREFIXES if any(name.startswith(prefix) for name in tensors)), ""):
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return tensors


def _unwrapped(found: object) -> dict[str, object]:
    """Returns the innermost dictionary inside the wrappers of ``found``; an empty one if there is none."""
    for _ in range(_DEEPEST):
        inner = next((found[key] for key in _WRAPPERS if key in found), None) if isinstance(found, Mapping) else None
        if not isinstance(inner, Mapping):
            break
        found = inner
    named = cast(Mapping[object, object], found) if isinstance(found, Mapping) else {}
    return {name: value for name, value in named.items() if isinstance(name, str)}


def _sound(path: Path, name: str, tensor: Tensor) -> Tensor:
    """Returns the tensor as contiguous float32. Raises BadInput for numbers that are not finite."""
    tensor = tensor.detach().to(torch.float32).contiguous()
    if not torch.isfinite(tensor).all():
        raise BadInput(f"{path}: {name} holds numbers that are not finite; the training that made it had failed")
    return tensor
