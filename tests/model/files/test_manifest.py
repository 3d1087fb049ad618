"""What may stand in the file beside a model, and how mistakes in it are named."""

from pathlib import Path

import pytest
import torch

from tests.model import authors
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.files.checkpoint import recognise
from vj.model.files.manifest import Manifest, beside

WHOLE = """
title = "Candy"
family = "fast_style"
range = "0..255"
takes = "imagenet"
gives = "1..0"
layout = "nhwc"
multiple = 8
size = "640x352"
trained_at = 144
condition = "canny"
statistics = "batch"
licence = "BSD-3-Clause"
credit = "somebody"

[set]
"condition/invert" = true
"condition/low" = 10
"""


def written(folder: Path, text: str) -> Path:
    (folder / "candy.toml").write_text(text)
    return folder / "candy.pth"


def test_without_one_nothing_is_said(tmp_path: Path) -> None:
    assert beside(tmp_path / "candy.pth") == Manifest()
    assert beside(written(tmp_path, "")) == Manifest()


def test_every_key(tmp_path: Path) -> None:
    said = beside(written(tmp_path, WHOLE))
    assert (said.title, said.family, said.range, said.takes, said.gives) == (
        *("Candy", "fast_style", "0..255", "imagenet", "1..0"),
    )
    assert (said.layout, said.multiple, said.fixed, said.trained_at) == ("nhwc", 8, Size(640, 352), 144)
    assert (said.licence, said.credit) == ("BSD-3-Clause", "somebody")
    assert said.values == {
        "condition/kind": "canny",
        "statistics": "batch",
        "condition/invert": True,
        "condition/low": 10,
    }


def test_what_is_set_outdoes_what_is_named(tmp_path: Path) -> None:
    said = beside(written(tmp_path, 'condition = "canny"\n[set]\n"condition/kind" = "lines"'))
    assert said.values == {"condition/kind": "lines"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('style = "x"', "unknown key 'style'; choices: title, family"),
        ('range = "0..2"', r"range: Input should be '0..1', '-1..1', .*, not '0..2'"),
        ('layout = "hwc"', "layout: Input should be 'nchw' or 'nhwc', not 'hwc'"),
        ('family = "pixpix"', "family: Input should be one of .*pix2pix.*, not 'pixpix'"),
        ('condition = "edges"', "condition: Input should be one of none, canny.*, not 'edges'"),
        ('statistics = "train"', "statistics: Input should be 'eval' or 'batch', not 'train'"),
        ('size = "big"', "size: Input should be WIDTHxHEIGHT.*, not 'big'"),
        ('size = "8x8"', "size: Input should be WIDTHxHEIGHT.*, not '8x8'"),
        ("trained_at = 8", "trained_at: Input should be greater than or equal to 16, not 8"),
        ('trained_at = "144"', "trained_at: Input should be a valid integer, not '144'"),
        ("multiple = 0", "multiple: .*, not 0"),
        ('multiple = "4"', "multiple: Input should be a valid integer, not '4'"),
        ("title = 3", "title: Input should be a valid string, not 3"),
        ("[set]\nx = [1]", r"set.x: .*not \[1\]"),
        ("title = ", "is not a TOML file"),
        ("a = " + "[" * 5000, "is not a TOML file"),
        ("#" * 70000, "longer than 65536 bytes"),
    ],
)
def test_mistakes_are_named_with_the_choices(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadInput, match=message) as caught:
        beside(path)
    assert str(tmp_path / "candy.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[set]\n"condition/kind" = "edges"', r"set\.condition/kind: unknown condition/kind 'edges'"),
        ("[set]\nstrenght = 1", r"set\.strenght: unknown parameter 'strenght' \(did you mean 'strength'\?\)"),
        ("[set]\nstrength = 7.0", r"set\.strength: strength takes 0\.\.1, not 7\.0"),
        ('family = "style26"', r"family: 'style26' can't play net\.pth; choices: fast_style, pix2pix"),
        ('family = "adain"', r"family: 'adain' can't play"),
    ],
)
def test_what_does_not_go_with_the_file_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(authors.seeded(authors.FastStyle(old=False)).state_dict(), path)
    path.with_suffix(".toml").write_text(text)
    with pytest.raises(BadInput, match=said) as caught:
        recognise(path)
    assert str(path.with_suffix(".toml")) in str(caught.value)


def test_values_and_family_of_a_manifest_reach_what_is_known_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(authors.seeded(authors.FastStyle(old=False)).state_dict(), path)
    path.with_suffix(".toml").write_text('family = "pix2pix"\ncondition = "canny"\nblack = true\n[set]\nstrength = 0.5')
    found = recognise(path)
    assert (found.family, found.black) == ("pix2pix", True)
    assert found.set == {"condition/kind": "canny", "strength": 0.5}
