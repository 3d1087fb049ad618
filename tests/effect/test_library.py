"""The shaders that there are, by name."""

from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.base.paths import SHADERS
from vj.effect import library


@pytest.fixture
def own(own_library: Path) -> Path:
    folder = own_library / "shaders"
    folder.mkdir(parents=True)
    return folder


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('/*{"INPUTS": [{"NAME": "level", "TYPE": "float"}]}*/ void main() { gl_FragColor = vec4(level); }')
    return path


def test_names_fit_into_addresses() -> None:
    for file, name in (
        ("Bad TV.fs", "bad-tv"),
        ("3d Rotate.fs", "3d-rotate"),
        ("a/[b]{c}?*#.fs", "b-c"),
        ("é.fs", "shader"),
    ):
        assert library.name_of(Path(file)) == name


def test_the_performers_shaders_come_first(own: Path, tmp_path: Path) -> None:
    mine = write(own / "deep" / "My Look.fs")
    write(tmp_path / "elsewhere.fs")
    (own / "link.fs").symlink_to(tmp_path / "elsewhere.fs")
    found = library.shaders()
    assert found["my-look"] == mine
    assert "link" not in found
    assert library.root_of(mine) == own.parent
    ours = [path for path in found.values() if path.is_relative_to(SHADERS)]
    for path in ours[:1]:
        replaced = write(own / path.name)
        assert library.shaders()[library.name_of(path)] == replaced


def test_the_second_of_a_kind_has_a_number(own: Path) -> None:
    write(own / "look.fs")
    write(own / "look-2.fs")
    assert library.shader_of("look") == "look"
    assert library.shader_of("look-2") == "look-2"
    assert library.shader_of("look-3") == "look"
    with pytest.raises(BadInput, match=r"unknown shader 'lok'.*did you mean 'look'"):
        library.shader_of("lok")
    names = [param.name for param in library.effect_params("look-3")]
    assert names == ["look-3/on", "look-3/mix", "look-3/level"]


def test_transitions_are_the_shaders_between_two_pictures() -> None:
    found = library.transitions()
    assert "push" in found
    assert "kaleidoscope" not in found
    assert all(library.isf(name).kind == "transition" for name in found)
