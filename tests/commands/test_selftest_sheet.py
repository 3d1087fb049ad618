"""`vj models test` and `vj models sheet`: what they find in models, and the pictures that they try them on."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.quiet import quiet
from tests.running import finished, start_vj, vj, vj_fails
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.commands import selftest
from vj.commands.selftest import ModelFinding, examine
from vj.commands.sheet import EXTRA, write_sheet
from vj.model.families.identity import Identity
from vj.model.files import library, weights
from vj.model.files.library import Entry
from vj.model.model import Prepared
from vj.params.param import Value
from vj.source.sample import pictures

BUNDLED = [named.name for named in weights.NAMED if named.bundled]
"""The models whose files come with the project."""

ENTRY = Entry("fake", "identity", {})
CELL = Size(384, 216)
"""Of a contact sheet, without its label."""


class Fake:
    """A model that makes of a picture whatever ``make`` does."""

    why = "a fake"

    def __init__(self, make: Callable[[Pixels], Pixels], mean: float = 0.5) -> None:
        self.make, self.mean = make, mean

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        out[:] = self.make(picture)
        return self.mean

    def warm(self) -> float:
        return 0.0


def examined(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelFinding]:
    class Family(Identity):
        def prepare(self, size: Size, variant: str = "") -> Prepared:
            return fake

    monkeypatch.setattr(library, "FAMILIES", {"identity": Family})
    return {finding.subject: finding for finding in examine(ENTRY, "auto", quiet)}


def failed(found: dict[str, ModelFinding]) -> list[str]:
    return [subject for subject, finding in found.items() if not finding.ok]


def test_the_identity_passes() -> None:
    said = vj("models", "test", "identity").splitlines()
    subjects = [line.removeprefix("ok").strip().split(":")[0] for line in said]
    assert subjects == ["loads", "finite", "looks at the camera", "keeps geometry", "rate here"]
    assert all(line.startswith("ok ") for line in said)


def test_a_model_that_fails_is_the_commands_failure(tmp_path: Path) -> None:
    """One that turns every picture upside down, as a file of the performer's own."""
    path = tmp_path / "turned.onnx"
    path.write_bytes(upside_down())
    path.with_suffix(".toml").write_text('range = "0..1"\n')
    process = start_vj("models", "test", str(path), "--runtime", "onnxruntime")
    out, err = finished(process)
    assert process.returncode == 1, (out, err)
    assert "failed keeps geometry" in out
    assert "upside down" in out
    assert "Traceback" not in err


def upside_down() -> bytes:
    import onnx
    from onnx import helper, numpy_helper

    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, 3, "h", "w")) for name in "xy"]
    numbers = {"start": -1, "end": -(2**31), "axis": 2, "step": -1}
    weights = [numpy_helper.from_array(np.array([number]), name) for name, number in numbers.items()]
    graph = helper.make_graph([helper.make_node("Slice", ["x", *numbers], ["y"])], "net", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


def test_what_is_no_model_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(b"no network")
    assert "net.pth" in vj_fails("models", "test", str(tmp_path / "net.pth"))


def test_a_model_that_changes_the_colours_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(examined(Fake(lambda picture: 255 - picture), monkeypatch)) == []


@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_one_that_ignores_the_picture_does_not_look_at_the_camera(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(picture: Pixels) -> Pixels:
        noise = np.random.default_rng(0).integers(0, 256, picture.shape, np.uint8)
        return noise if kind == "noise" else np.full_like(picture, 90)

    found = examined(Fake(make), monkeypatch)
    assert "looks at the camera" in failed(found)
    assert "0.000 of 1 apart" in found["looks at the camera"].detail


@pytest.mark.parametrize("turn", selftest._TURNS)
def test_one_that_turns_the_picture_does_not_keep_geometry(turn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(Fake(lambda picture: picture[selftest._TURNS[turn]]), monkeypatch)
    assert failed(found) == ["keeps geometry"]
    assert found["keeps geometry"].detail.endswith(turn)


@pytest.mark.parametrize("mean", [np.nan, np.inf])
def test_numbers_that_are_none_are_found(mean: float, monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(Fake(lambda picture: picture, mean), monkeypatch)
    assert failed(found) == ["finite"]
    assert found["finite"].detail.startswith("0 of 5 pictures")


def test_one_that_only_black_is_too_much_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Brittle(Fake):
        def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
            super().run(picture, out, values, now)
            return 0.5 if picture.any() else float("nan")

    found = examined(Brittle(lambda picture: picture), monkeypatch)
    assert failed(found) == ["finite"]
    assert found["finite"].detail.startswith("4 of 5 pictures")


def test_sample_pictures_are_of_their_places() -> None:
    box = Size(160, 90)
    first, second, third = pictures(box, (0.0, 0.4, 0.8))
    assert first.shape == second.shape == third.shape
    assert min(np.abs(one.astype(int) - other).mean() for one, other in ((first, second), (second, third))) > 5
    again = pictures(box, (0.8, 0.4, 0.0))
    for one, other in zip((third, second, first), again, strict=True):
        assert np.array_equal(one, other)


def test_sample_pictures_keep_the_films_shape() -> None:
    (picture,) = pictures(Size(200, 200))
    assert picture.shape[1] == 200
    assert picture.shape[0] == pytest.approx(200 * 9 / 16, abs=2)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing was ever fetched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("alone")
def test_a_sheet_without_any_model_is_the_source_and_says_what_is_missing(tmp_path: Path) -> None:
    missing = write_sheet(tmp_path / "sheet.png", quiet)
    absent = [name for name, entry in library.catalogue().items() if not entry.present]
    named = dict.fromkeys(line.split()[0] for line in missing)
    assert list(named) == absent
    assert all(f"fix: vj models fetch {name}" in "\n".join(missing) for name in absent)
    assert cells(tmp_path / "sheet.png") == 1 + len(BUNDLED), "the source, and what comes with the project"


def test_a_sheet_has_a_cell_for_every_model_that_is_here(
    tmp_path: Path, style26_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source, the models that come with the project, the 26 styles in several models, and a file of the
    performer's own."""
    weights = tmp_path / "cache" / "vj" / "weights"
    weights.mkdir(parents=True)
    (weights / style26_path.name).write_bytes(style26_path.read_bytes())
    (tmp_path / "library" / "models").mkdir(parents=True)
    mine = tmp_path / "library" / "models" / "mine.onnx"
    mine.write_bytes(upside_down())
    mine.with_suffix(".toml").write_text('range = "0..1"\n')
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "VJ_LIBRARY": str(tmp_path / "library")}
    said = vj("models", "sheet", str(tmp_path / "out.jpg"), env=home).splitlines()
    assert said[-1] == str(tmp_path / "out.jpg")
    assert {line.split()[0] for line in said[:-1]} == set(library.catalogue()) - {"style26", "identity", *BUNDLED}
    assert cells(tmp_path / "out.jpg") == 3 + len(BUNDLED) + sum(name == "style26" for name, _ in EXTRA)


def cells(path: Path, cell: Size = CELL) -> int:
    """How many pictures there are on a sheet, the rest of which is dark and even."""
    with Image.open(path) as image:
        sheet = np.asarray(image.convert("RGB")).astype(int)
    margin, label = 6, 18
    height, width = cell.height + label + margin, cell.width + margin
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    places = [(margin + row * height, margin + column * width) for row in range(rows) for column in range(columns)]
    return sum(bool(sheet[y : y + cell.height, x : x + cell.width].std() > 10) for y, x in places)


@pytest.mark.usefixtures("alone")
def test_a_sheet_that_can_not_be_written_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"can't write .*sheet\.xyz"):
        write_sheet(tmp_path / "sheet.xyz", quiet)
    assert "/no/where" in vj_fails("models", "sheet", "/no/where/out.jpg")
