"""The file of a trained look: its name, its weights, its manifest."""

from pathlib import Path

import pytest
import torch

from tests.train.painted import net
from vj.base.errors import BadInput
from vj.model.files import manifest
from vj.train import look_file
from vj.train.look_file import Learned


@pytest.mark.parametrize("name", ["look-1", "Ünder 2", "a.b_c", "x", "a" * 64])
def test_names_that_a_look_may_have(name: str) -> None:
    look_file.check_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "../a", "..", ".a", "a.", "a ", "a\\b", "a:b", "con", "LPT1.x", "a\n", "a*", "a" * 65]
)
def test_names_that_it_may_not_have(name: str) -> None:
    with pytest.raises(BadInput, match=r"a look can't be called .*choices: letters"):
        look_file.check_name(name)


def test_a_model_of_the_catalogue_keeps_its_name() -> None:
    with pytest.raises(BadInput, match=r"'style26' is a model of the catalogue; .* such as 'style26-2'"):
        look_file.check_name("style26")


@pytest.mark.parametrize("there", ["models/mine.safetensors", "models/mine.pth", "looks/mine/01.png"])
def test_a_name_that_is_taken_is_never_overwritten(there: str, library: Path) -> None:
    look_file.check_free("mine")
    for path in (library / there, library / "models" / "mine-2.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    with pytest.raises(BadInput, match=r"a look 'mine' exists already; call it otherwise, such as 'mine-3'"):
        look_file.check_free("mine")


@pytest.mark.parametrize("lasting", [False, True])
def test_weights_are_read_as_they_were_written(lasting: bool, library: Path) -> None:
    assert look_file.read("mine") is None
    look_file.write("mine", net(3.0).state_dict(), Learned(1.5, 40), lasting=lasting)
    found, learned = look_file.read("mine") or ({}, None)
    assert learned == (1.5, 40)
    assert found.keys() == net().state_dict().keys()
    assert all(torch.equal(found[name], weight) for name, weight in net(3.0).state_dict().items())
    assert [path.name for path in (library / "models").iterdir()] == ["mine.safetensors"]


def test_what_can_not_be_written_is_named_and_the_old_stays(library: Path) -> None:
    look_file.write("mine", net(1.0).state_dict(), Learned())
    (library / "models").rename(library / "aside")
    (library / "models").write_text("a file where the folder should be")
    with pytest.raises(BadInput, match=r"can't write .*mine\.safetensors: "):
        look_file.write("mine", net(2.0).state_dict(), Learned())
    assert (library / "aside" / "mine.safetensors").is_file()


def test_the_manifest_says_whose_it_is_and_is_the_performers(library: Path) -> None:
    look_file.write("a look", net().state_dict(), Learned())
    look_file.write_manifest("a look")
    found = manifest.beside(look_file.path_of("a look"))
    assert (found.title, found.licence) == ("a look: a look that was painted on stage", "the performer's own")
    assert found.credit
    own = look_file.path_of("a look").with_suffix(".toml")
    own.write_text('title = "Mine"\n')
    look_file.write_manifest("a look")
    assert own.read_text() == 'title = "Mine"\n'


def test_weights_are_put_aside_for_a_new_beginning(library: Path) -> None:
    look_file.put_aside("mine")
    look_file.write("mine", net(1.0).state_dict(), Learned())
    look_file.put_aside("mine")
    assert look_file.read("mine") is None
    assert (library / "looks" / "mine" / "before.safetensors").is_file()
