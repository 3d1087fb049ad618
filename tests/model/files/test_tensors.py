"""Files of weights: what may be in them is loaded, what mustn't is refused before it costs anything."""

import json
import os
import pickle
import resource
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vj.base.errors import BadInput
from vj.model.files import tensors

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def saved(folder: Path, content: object, *, old: bool = False) -> Path:
    path = folder / "net.pth"
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    return path


def rezipped(path: Path, change: Callable[[str, bytes], bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in records.items():
            archive.writestr(name, change(name, content))
    return path


def safetensors(folder: Path, header: object, data: bytes) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "net.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def peak() -> int:
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.fixture
def frugal() -> object:
    """A test that must not allocate what a file merely claims."""
    before = peak()
    yield
    assert peak() - before < 2**28


def same(found: dict[str, Tensor], wanted: dict[str, Tensor] = WEIGHTS) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("old", [False, True])
def test_both_formats_of_torch(old: bool, tmp_path: Path) -> None:
    assert same(tensors.load(saved(tmp_path, WEIGHTS, old=old)))
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    found = tensors.load(saved(tmp_path, net.state_dict(), old=old))
    assert found.keys() == net.state_dict().keys()
    assert all(tensor.dtype == torch.float32 for tensor in found.values())


def test_parameters_halves_views_and_integers(tmp_path: Path) -> None:
    row = torch.arange(12.0).reshape(3, 4)
    given = {
        "parameter": nn.Parameter(torch.ones(2)),
        "half": torch.ones(2, dtype=torch.float16),
        "brain": torch.ones(2, dtype=torch.bfloat16),
        "count": torch.tensor(7),
        "part": row[1:, ::2],
        "turned": row.T,
        "empty": torch.zeros(0, 3),
    }
    found = tensors.load(saved(tmp_path, given))
    assert same(found, {name: tensor.detach().float() for name, tensor in given.items()})
    assert not any(tensor.requires_grad for tensor in found.values())


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64])
def test_safetensors(kind: torch.dtype, tmp_path: Path) -> None:
    names = {
        torch.float32: "F32",
        torch.float64: "F64",
        torch.float16: "F16",
        torch.bfloat16: "BF16",
        torch.int64: "I64",
    }
    data = bytes(WEIGHTS["a.weight"].to(kind).flatten().view(torch.uint8).tolist())
    entry = {"dtype": names[kind], "shape": [2, 3], "data_offsets": [0, len(data)]}
    path = safetensors(tmp_path, {"__metadata__": {"by": "us"}, "a.weight": entry}, data)
    assert same(tensors.load(path), {"a.weight": WEIGHTS["a.weight"]})


@pytest.mark.parametrize(
    "wrapped",
    [
        {"state_dict": WEIGHTS, "epoch": 1, "optimizer": {"state": {}}},
        {"params_ema": WEIGHTS, "params": {"a.weight": torch.zeros(1)}},
        {"model": {"state_dict": WEIGHTS}},
        {"g_ema": WEIGHTS, "g": {}, "d": {}},
        {f"module.{name}": tensor for name, tensor in WEIGHTS.items()},
        {**{f"netG_A.module.{name}": tensor for name, tensor in WEIGHTS.items()}, "netD_A.x": torch.ones(1)},
        OrderedDict(WEIGHTS),
    ],
)
def test_wrappers_and_prefixes_come_off(wrapped: object, tmp_path: Path) -> None:
    assert same(tensors.load(saved(tmp_path, wrapped)))


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


@pytest.mark.parametrize("old", [False, True])
def test_code_is_not_run(old: bool, tmp_path: Path) -> None:
    mark = tmp_path / "was_here"
    path = saved(tmp_path, {"a": Trap(f"touch {mark}"), **WEIGHTS}, old=old)
    with pytest.raises(BadInput, match=r"asks for (posix|nt)\.system, which could run code; .*\.safetensors"):
        tensors.load(path)
    assert not mark.exists()


def test_a_bare_pickle_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "was_here"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / "net.pth"
        path.write_bytes(pickle.dumps(Trap(f"touch {mark}"), protocol))
        with pytest.raises(BadInput, match=r"is (damaged or )?no file of torch"):
            tensors.load(path)
    assert not mark.exists()


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_a_whole_module_is_named_with_the_way_out(old: bool, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    with pytest.raises(BadInput, match=r"(?s)whole pickled module.*isolated process.*\.safetensors"):
        tensors.load(saved(tmp_path, net, old=old))


def test_torchscript_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:  # as torch.jit.save lays it out
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py", "version"):
            archive.writestr(f"net/{name}", b"3\n")
    with pytest.raises(BadInput, match="is a TorchScript archive"):
        tensors.load(path)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.usefixtures("frugal")
def test_a_small_file_that_declares_4_gigabytes(old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": torch.zeros(1).expand(2**15, 2**15)}, old=old)
    assert path.stat().st_size < 2000
    with pytest.raises(BadInput, match=r"declares the shape \[32768, 32768\], 1073741824 elements, .* has 1"):
        tensors.load(path)


@pytest.mark.usefixtures("frugal")
def test_a_storage_longer_than_its_record(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": torch.zeros(1000)})
    many = struct.pack("<cI", b"J", 2**30)  # BININT for BININT2

    def change(name: str, content: bytes) -> bytes:
        return content.replace(b"M" + struct.pack("<H", 1000), many) if name.endswith("data.pkl") else content

    with pytest.raises(BadInput, match="storage 0 declares 4294967296 bytes, but its record holds 4000"):
        tensors.load(rezipped(path, change))


@pytest.mark.usefixtures("frugal")
def test_an_old_file_with_a_storage_longer_than_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": torch.zeros(1000)}, old=True)
    path.write_bytes(path.read_bytes().replace(b"M" + struct.pack("<H", 1000), struct.pack("<cI", b"J", 2**30)))
    with pytest.raises(BadInput, match="its storages declare 4294967296 bytes, but the file holds"):
        tensors.load(path)


def test_a_missing_record(tmp_path: Path) -> None:
    path = saved(tmp_path, WEIGHTS)
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if not name.endswith("data/0")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    with pytest.raises(BadInput, match="storage 0 declares 24 bytes, but has no record"):
        tensors.load(path)


@pytest.mark.usefixtures("frugal")
def test_a_compressed_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": torch.zeros(2**20)})
    rezipped(path, lambda name, content: content, zipfile.ZIP_DEFLATED)
    with pytest.raises(BadInput, match=r"is compressed, .* bytes in .*; torch never writes that"):
        tensors.load(path)


def test_one_name_twice(tmp_path: Path) -> None:
    path = saved(tmp_path, WEIGHTS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("NET/data.pkl", b"")
    with pytest.raises(BadInput, match="two records of one name"):
        tensors.load(path)


def test_the_total_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = torch.zeros(100)
    monkeypatch.setattr(tensors, "LARGEST", 20_000)
    for given in ({str(number): shared for number in range(100)}, {str(number): shared[:] for number in range(51)}):
        with pytest.raises(BadInput, match="more than 20000 bytes"):
            tensors.load(saved(tmp_path, given))
    with pytest.raises(BadInput, match="at most 20000 are loaded"):
        tensors.load(saved(tmp_path, {"a": torch.zeros(5000)}))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_named(bad: float, tmp_path: Path) -> None:
    path = saved(tmp_path, {**WEIGHTS, "a.bias": torch.tensor([1.0, bad])})
    with pytest.raises(BadInput, match=r"a\.bias holds numbers that are not finite"):
        tensors.load(path)


@pytest.mark.parametrize("old", [False, True])
def test_any_cut_or_flipped_file_is_bad_input_or_loads(old: bool, tmp_path: Path) -> None:
    path = saved(tmp_path, WEIGHTS, old=old)
    whole = path.read_bytes()
    for length in range(1, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            tensors.load(path)
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        with suppress(BadInput):
            assert tensors.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"hello", "no file of torch"), (b"PK\x03\x04 hello", "damaged"), (b"\x80\x02", "damaged")],
)
def test_what_is_no_file_of_weights(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        tensors.load(path)


def test_folders_and_absent_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder"):
        tensors.load(tmp_path)
    with pytest.raises(BadInput, match=r"can't read .*: No such file"):
        tensors.load(tmp_path / "none.pth")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds no tensors by name, but a list"),
        ({"epoch": 3, "lr": 0.1}, "holds no tensors by name, but the keys epoch, lr"),
        (torch.ones(3), "holds no tensors by name, but a Tensor"),
    ],
)
def test_what_holds_no_tensors(content: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        tensors.load(saved(tmp_path, content))


def entry(shape: list[int], begin: int, end: int, kind: str = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": entry([32768, 32768], 0, 24)}, r"declares the shape \[32768, 32768\] of what are bytes 0-24 of 24"),
        ({"a": entry([1073741824], 0, 4294967296)}, "declares the shape"),
        ({"a": entry([6], 0, 24), "b": entry([6], 0, 24)}, "its tensors overlap"),
        ({"a": entry([2], 0, 24, "F4")}, "unknown number type .*'F4'.*choices: BF16"),
        ({"a": entry([-2, -3], 0, 24)}, "its header is not one of safetensors"),
        ({"a": {"dtype": "F32"}}, "its header is not one of safetensors"),
        ([1], "its header is not one of safetensors"),
        (b"[" * 100_000, "its header is not one of safetensors"),
        (b"{", "its header is not one of safetensors"),
    ],
)
@pytest.mark.usefixtures("frugal")
def test_safetensors_that_lie(header: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        tensors.load(safetensors(tmp_path, header, bytes(24)))


def test_a_safetensors_header_longer_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    with pytest.raises(BadInput, match="its header ends at byte"):
        tensors.load(path)
