"""The weights of looks, read as plain numbers: those that torch reads, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.model import authors
from vj.base.errors import BadInput
from vj.model import look_layout
from vj.model.files import look_weights
from vj.model.files.checkpoint import network, recognise, still_network
from vj.model.files.safetensors_file import encoded
from vj.model.nets.look import LookNet, fill, flat

CHANNELS = (8, 12)
NET = LookNet(CHANNELS).requires_grad_(False)


def kept(path: Path, net: LookNet = NET, kind: torch.dtype = torch.float32) -> Path:
    path.write_bytes(encoded({name: tensor.to(kind) for name, tensor in net.state_dict().items()}, {"steps": "3"}))
    return path


def test_the_layout_is_that_of_the_network() -> None:
    for channels, fold in (((24, 32, 48), 2), ((8, 12), 4), ((4, 6, 8, 10), 1)):
        state = {name: tuple(tensor.shape) for name, tensor in LookNet(channels, fold).state_dict().items()}
        assert list(state.items()) == list(look_layout.shapes(channels, fold).items())
        assert look_layout.count(channels, fold) == len(flat(LookNet(channels, fold)))


def test_flat_weights_are_filled_in_again() -> None:
    other = LookNet(CHANNELS).to(memory_format=torch.channels_last)
    fill(other, flat(NET))
    assert all(torch.equal(one, two) for one, two in zip(NET.parameters(), other.parameters(), strict=True))
    assert np.array_equal(flat(other), flat(NET))
    with pytest.raises(ValueError, match="weights"):
        fill(other, flat(NET)[:-1])


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_any_number_type(kind: torch.dtype, tmp_path: Path) -> None:
    read = look_weights.read(kept(tmp_path / "look.safetensors", kind=kind), CHANNELS, 2)
    assert read.dtype == np.float32
    assert np.allclose(read, flat(NET), atol=0.02, rtol=0.01)


def test_other_formats_names_and_orders(tmp_path: Path) -> None:
    state = NET.state_dict()
    torch.save({"sd": state}, tmp_path / "old.pt")
    (tmp_path / "turned.safetensors").write_bytes(encoded(dict(reversed(state.items()))))
    (tmp_path / "named.safetensors").write_bytes(encoded({f"module.{name}": t for name, t in state.items()}))
    for path in tmp_path.iterdir():
        assert np.array_equal(look_weights.read(path, CHANNELS, 2), flat(NET)), path.name
        assert recognise(path).family == "look"


def test_what_is_no_such_look_is_named(tmp_path: Path) -> None:
    whole = kept(tmp_path / "whole.safetensors").read_bytes()
    fast_style = authors.FastStyle(False).state_dict()
    bad = {
        "wider": (encoded(LookNet((8, 16)).state_dict()), "its look has 8, 16 channels, not 8, 12 channels"),
        "folded": (encoded(LookNet(CHANNELS, 4).state_dict()), "8, 12 channels, folded by 4, not 8, 12 channels"),
        "other": (encoded(fast_style), "it is no look, but fast style transfer"),
        "tensor": (encoded({"x": torch.zeros(3)}), "it is no look"),
        "half": (whole[: len(whole) // 2], "bytes"),
        "begun": (whole[:5], "damaged|header|empty"),
        "empty": (b"", "damaged"),
        "nan": (encoded({n: t * float("nan") for n, t in NET.state_dict().items()}), "not finite"),
    }
    for name, (content, reason) in bad.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(BadInput, match=reason):
            look_weights.read(path, CHANNELS, 2)
    with pytest.raises(BadInput, match="No such file"):
        look_weights.read(tmp_path / "nowhere.safetensors", CHANNELS, 2)


def test_a_look_is_recognised_by_its_shapes(tmp_path: Path) -> None:
    path = kept(tmp_path / "mine.safetensors")
    found = recognise(path)
    assert (found.family, found.multiple, found.takes, found.gives) == ("look", 4, "0..1", "0..1")
    assert found.options["arguments"] == {"channels": [8, 12], "fold": 2}
    made = network(path, found)
    assert [(control.name, control.shape) for control in made.controls] == [("weights", (len(flat(NET)),))]
    assert not made.steady
    still, image = still_network(path, found), torch.rand(1, 3, 16, 24)
    assert still.controls == ()
    assert still.module is not None
    assert torch.allclose(still.module()(image), NET(image), atol=1e-6)
    assert still.key != made.key


def test_what_only_resembles_a_look_is_refused(tmp_path: Path) -> None:
    state = NET.state_dict()
    bad = {
        "missing": ({name: tensor for name, tensor in state.items() if name != "fuse.0.bias"}, "it has no fuse.0.bias"),
        "more": ({**state, "head.weight": torch.zeros(3, 3)}, "it also has head.weight"),
        "odd": ({**state, "mid.0.weight": torch.zeros(12, 12, 1, 1)}, "mid.0.weight is"),
        "unfolded": (
            {**state, "inp.weight": torch.zeros(8, 15, 3, 3), "out.weight": torch.zeros(15, 8, 3, 3)},
            "no network",
        ),
        "flat": ({n: t for n, t in state.items() if "down" not in n}, "no network"),
    }
    for name, (tensors, reason) in bad.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(encoded(tensors))
        with pytest.raises(BadInput, match=reason):
            recognise(path)


def test_no_manifest_makes_it_another_family(tmp_path: Path) -> None:
    path = kept(tmp_path / "mine.safetensors")
    path.with_suffix(".toml").write_text('family = "fast_style"')
    with pytest.raises(BadInput, match="choices: look"):
        recognise(path)
    path.with_suffix(".toml").write_text('title = "mine"\nlicence = "own"\n[set]\nblend = 0.5')
    assert (recognise(path).title, recognise(path).set) == ("mine", {"blend": 0.5})
