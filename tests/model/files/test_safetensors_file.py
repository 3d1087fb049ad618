"""Writing .safetensors files, which are read again by the same module and as any model file."""

from pathlib import Path

import pytest
import torch

from vj.model.files import safetensors_file, tensors

LARGEST = 1 << 20


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    given = {
        "a.weight": torch.arange(6.0).reshape(2, 3),
        "half": torch.ones(3, dtype=torch.float16),
        "turned": torch.arange(12.0).reshape(3, 4).T,
        "last": torch.rand(1, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "count": torch.tensor(7),
        "empty": torch.zeros(0, 3),
    }
    path = tmp_path / "net.safetensors"
    path.write_bytes(safetensors_file.encoded(given, {"seconds": "1.5"}))
    found = safetensors_file.load(path, LARGEST)
    assert found.keys() == given.keys()
    assert all(torch.equal(found[name], given[name]) and found[name].dtype == given[name].dtype for name in given)
    assert tensors.load(path).keys() == given.keys()
    assert safetensors_file.metadata(path) == {"seconds": "1.5"}


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 16, (2).to_bytes(8, "little") + b"[]"])
def test_a_file_without_texts_has_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    assert safetensors_file.metadata(path) == {}
