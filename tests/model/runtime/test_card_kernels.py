"""The kernels for cards against torch's plain formulas, in Triton's interpreter where Triton is, else on NumPy."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from itertools import product
from types import ModuleType

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.model.runtime import triton_on_numpy
from vj.model.runtime import fused_ops
from vj.model.runtime.fused_ops import NO_BORDER

NAME = "vj.model.runtime.card_kernels"
SHAPES = ((3, 17, 23), (8, 9, 31), (48, 7, 9))
BORDERS = (NO_BORDER, (1, 1, 1, 1), (0, 1, 0, 1), (4, 4, 4, 4))


BY: list[str] = ["numpy", *(["triton"] if importlib.util.find_spec("triton") else [])]


@pytest.fixture(params=BY)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    if request.param == "triton":
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    else:
        for name, module in triton_on_numpy.modules():
            monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    yield importlib.import_module(NAME)
    sys.modules.pop(NAME, None)


def made(shape: tuple[int, int, int], dtype: torch.dtype, mean: float = 0.0) -> Tensor:
    numbers = torch.randn(1, *shape, generator=torch.Generator().manual_seed(sum(shape))) * 3 + mean
    return numbers.to(dtype).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("whole", "own"), list(product((False, True), repeat=2)))
def test_a_norm_is_torchs(kernels: ModuleType, shape: tuple[int, int, int], whole: bool, own: bool) -> None:
    x = made(shape, torch.float16, mean=5.0)
    weight, bias = (torch.linspace(low, 2.0, shape[0]) if own else None for low in (0.5, -1.0))
    scale, shift = kernels.statistics(x, weight, bias, 1e-5, whole)
    x = x.float()
    wanted = F.group_norm(x, 1, weight, bias, 1e-5) if whole else F.instance_norm(x, None, None, weight, bias, eps=1e-5)
    assert torch.allclose(x * scale[:, None, None] + shift[:, None, None], wanted, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("up", [1, 2])
@pytest.mark.parametrize("border", BORDERS)
def test_what_follows_is_torchs(
    kernels: ModuleType, shape: tuple[int, int, int], up: int, border: tuple[int, int, int, int]
) -> None:
    x, other = made(shape, torch.float32), made(shape, torch.float32, mean=1.0)
    scale, shift = torch.linspace(-1.0, 2.0, shape[0]), torch.linspace(3.0, -1.0, shape[0])
    for slope, added, own in product((1.0, 0.0, 0.2), (None, other), ((scale, shift), (None, shift), (None, None))):
        found = kernels.shaped(x, *own, slope, added, up, border)
        assert found.is_contiguous(memory_format=torch.channels_last)
        assert torch.allclose(found, fused_ops.shaped(x, *own, slope, added, up, border), atol=1e-5)


def test_half_precision_is_rounded_once(kernels: ModuleType) -> None:
    x, other = made((8, 9, 31), torch.float16), made((8, 9, 31), torch.float16)
    found = kernels.shaped(x, torch.full((8,), 1.7), torch.full((8,), 0.3), 0.2, other, 1, NO_BORDER)
    exact = fused_ops.shaped(x.float(), torch.full((8,), 1.7), torch.full((8,), 0.3), 0.2, other.float(), 1, NO_BORDER)
    assert torch.equal(found, exact.half())


def test_large_pictures_are_shared_out_among_programs(kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_PROGRAMS", 3)
    monkeypatch.setattr(kernels, "_TILE", 64)
    x = made((8, 29, 31), torch.float32, mean=2.0)
    scale, shift = kernels.statistics(x, None, None, 1e-5, False)
    assert torch.allclose(x * scale[:, None, None] + shift[:, None, None], F.instance_norm(x), atol=1e-4)
    found = kernels.shaped(x, scale, shift, 0.0, None, 2, (1, 1, 1, 1))
    assert torch.allclose(found, fused_ops.shaped(x, scale, shift, 0.0, None, 2, (1, 1, 1, 1)), atol=1e-5)
