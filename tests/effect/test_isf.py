"""Files of shaders, as data."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.inputs import value_of
from vj.effect.isf import params, parse, pass_size, read, size_variables
from vj.effect.lenient_json import read_table

OWN = Path(__file__).parent / "isf"
MAIN = "void main() { gl_FragColor = vec4(1.0); }"


def made(header: str) -> str:
    return f"/*{header}*/\n{MAIN}"


def inputs(*entries: str) -> str:
    return made('{"INPUTS": [' + ", ".join(entries) + "]}")


def test_the_kind_comes_from_its_pictures() -> None:
    picture, start, end = (
        f'{{"NAME": "{name}", "TYPE": "image"}}' for name in ("inputImage", "startImage", "endImage")
    )
    progress = '{"NAME": "progress", "TYPE": "float"}'
    assert parse(inputs(), "a").kind == "generator"
    assert parse(inputs(picture), "a").kind == "filter"
    assert parse(inputs(start, end, progress), "a").kind == "transition"
    assert parse(inputs(start, end), "a").kind == "generator"


def test_every_kind_of_input_has_its_parameters() -> None:
    isf = parse(
        inputs(
            '{"NAME": "inputImage", "TYPE": "image"}',
            '{"NAME": "level", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.5, "LABEL": "How much"}',
            '{"NAME": "bare", "TYPE": "float"}',
            '{"NAME": "big", "TYPE": "float", "DEFAULT": 30}',
            '{"NAME": "flag", "TYPE": "bool", "DEFAULT": 1.0}',
            '{"NAME": "mode", "TYPE": "long", "VALUES": [3, 5, 5], "LABELS": ["a", "b", "a"], "DEFAULT": 5}',
            '{"NAME": "count", "TYPE": "long", "MIN": 1, "MAX": 9, "DEFAULT": 4}',
            '{"NAME": "hit", "TYPE": "event"}',
            '{"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0.5, 0]}',
            '{"NAME": "at", "TYPE": "point2d", "MIN": [0, 0], "MAX": [1, 2], "DEFAULT": [0.5, 1]}',
            '{"NAME": "other", "TYPE": "image"}',
            '{"NAME": "wave", "TYPE": "audio"}',
            '{"NAME": "mix", "TYPE": "float"}',
        ),
        "a",
    )
    found = {one.name: one for one in params(isf)}
    assert list(found) == [
        *("on", "mix", "level", "bare", "big", "flag", "mode", "count", "hit"),
        *("tint/red", "tint/green", "tint/blue", "tint/alpha", "at/x", "at/y", "other", "mix-input"),
    ]
    assert (found["level"].low, found["level"].high, found["level"].default) == (-2, 2, 0.5)
    assert found["level"].help == "How much"
    assert (found["bare"].low, found["bare"].high, found["bare"].default) == (0, 1, 0)
    assert (found["big"].high, found["big"].default) == (30, 30)
    assert found["flag"].default is True
    assert found["mode"].choices == ("a", "b", "a (5)")
    assert found["mode"].default == "b"
    assert (found["count"].kind, found["count"].default) == ("int", 4)
    assert found["hit"].kind == "trigger"
    assert [found[f"tint/{part}"].default for part in ("red", "green", "blue", "alpha")] == [1, 0.5, 0, 1]
    assert (found["at/y"].high, found["at/y"].default) == (2, 1)
    assert found["other"].kind == "text"


def test_values_of_parameters_become_those_of_inputs() -> None:
    isf = parse(
        inputs(
            '{"NAME": "mode", "TYPE": "long", "VALUES": [3, 5], "LABELS": ["a", "b"]}',
            '{"NAME": "at", "TYPE": "point2D", "DEFAULT": [0.25, 0.5]}',
        ),
        "a",
    )
    mode, at = isf.inputs
    assert value_of(mode, {"/x/mode": "b"}, "/x/") == 5
    assert value_of(mode, {}, "/x/") == 3
    assert value_of(at, {"/x/at/y": 0.75}, "/x/") == (0.25, 0.75)


@pytest.mark.parametrize(
    ("code", "in_pixels"),
    [("p / RENDERSIZE", True), ("p.y/RENDERSIZE.y", True), ("p * RENDERSIZE", False), ("top / RENDERSIZE", False)],
)
def test_the_code_tells_whether_a_point_is_in_pixels(code: str, in_pixels: bool) -> None:
    text = inputs('{"NAME": "p", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}') + code
    point = parse(text, "a").inputs[0]
    assert point.default == (0.5, 0.5)
    assert point.in_pixels is in_pixels


@pytest.mark.parametrize(
    ("entry", "default", "in_pixels"),
    [
        ('{"NAME": "p", "TYPE": "point2D"}', (0, 0), True),
        ('{"NAME": "p", "TYPE": "point2D", "DEFAULT": [960, 540]}', (0.5, 0.5), True),
        ('{"NAME": "p", "TYPE": "point2D", "DEFAULT": [0.5, 0.5]}', (0.5, 0.5), False),
        ('{"NAME": "p", "TYPE": "point2D", "MIN": [-1, -1], "MAX": [1, 1]}', (0, 0), False),
    ],
)
def test_a_point_without_bounds_is_in_pixels(entry: str, default: tuple[float, float], in_pixels: bool) -> None:
    point = parse(inputs(entry), "a").inputs[0]
    assert point.default == default
    assert point.in_pixels is in_pixels


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("{", "JSON can't be read"),
        ('{"INPUTS": [}', "line 1"),
        ("not JSON", "no comment with JSON"),
        ('{"INPUTS": [{"NAME": "a", "TYPE": "matrix"}]}', "matrix.*choices: audio"),
        ('{"INPUTS": [{"NAME": "a b", "TYPE": "float"}]}', "a b"),
        ('{"INPUTS": ["a"]}', "no table"),
        ('{"INPUTS": [{"NAME": "a", "TYPE": "image"}], "PASSES": [{"TARGET": "a"}]}', "called a"),
        ('{"PASSES": [{"TARGET": "a", "WIDTH": "$WIDTH *"}]}', "ends too early"),
        ('{"PASSES": [{"TARGET": "a", "WIDTH": "$other"}]}', "other.*choices"),
        ('{"PASSES": [{"TARGET": "a", "WIDTH": "100000"}]}', "at most 8192"),
        ('{"PASSES": [{"TARGET": "a", "WIDTH": [1]}]}', "WIDTH"),
        ('{"PASSES": [{"TARGET": "a;b"}]}', "a;b"),
        ('{"IMPORTED": {"a": {"PATH": "../x.png"}}}', "in no folder"),
    ],
)
def test_what_is_wrong_is_refused_with_the_reason(header: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        parse(made(header), "a")


def test_too_many_passes_are_refused() -> None:
    with pytest.raises(BadInput, match="at most 64"):
        parse(made('{"PASSES": [' + "{}," * 100 + "]}"), "a")


def test_buffers_that_together_take_all_memory_are_refused() -> None:
    one = '{"TARGET": "b%d", "WIDTH": "8192", "HEIGHT": "4096", "FLOAT": true, "PERSISTENT": true}'
    assert parse(made(f'{{"PASSES": [{one % 1}]}}'), "a").targets == ("b1",)
    with pytest.raises(BadInput, match="buffers take 4096 MB together; at most 2048"):
        parse(made(f'{{"PASSES": [{one % 1}, {one % 2}, {one % 3}, {one % 4}]}}'), "a")


@pytest.mark.parametrize("nested", ["[" * 700 + "]" * 700, '{"a":' * 700 + "1" + "}" * 700])
def test_numbers_deep_inside_lists_are_refused(nested: str) -> None:
    with pytest.raises(BadInput, match="inside each other"):
        parse(made(f'{{"INPUTS": [{{"NAME": "a", "TYPE": "float", "DEFAULT": {nested}}}]}}'), "a")


def test_the_json_is_looked_for_in_the_first_comments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    before = "/* by me */\n" * 20
    assert parse(before + made('{"DESCRIPTION": "here"}'), "a").description == "here"
    read_at: list[int] = []

    def reading(text: str, at: int) -> tuple[dict[str, object], int]:
        read_at.append(at)
        return read_table(text, at)

    monkeypatch.setattr("vj.effect.isf.read_table", reading)
    for text, most in (("/*x{" * 200, 1), ("/*x{*/" * 200, 50), ("/*" * 200, 0)):
        read_at.clear()
        with pytest.raises(BadInput, match="isn't ISF"):
            parse(text, "a")
        assert len(read_at) == most


def test_names_labels_and_choices_have_an_end() -> None:
    header = '{"INPUTS": [{"NAME": "a", "TYPE": "long", "LABEL": "%s", "VALUES": %s, "LABELS": ["%s"]}]}'
    long = "x" * 1000
    one = parse(made(header % (long, [1, 2], long)), "a").inputs[0]
    assert (len(one.label), [len(label) for label in one.labels]) == (200, [200, 1])
    with pytest.raises(BadInput, match="a has 5000 values; at most 1000"):
        parse(made(header % ("", list(range(5000)), "")), "a")
    with pytest.raises(BadInput, match="no word"):
        parse(inputs(f'{{"NAME": "{long}", "TYPE": "float"}}'), "a")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.fs"
    os.mkfifo(path)
    with pytest.raises(BadInput, match="it is no file"):
        read(path)


def test_a_web_page_is_no_shader(tmp_path: Path) -> None:
    path = tmp_path / "saved.fs"
    path.write_text("\n<!DOCTYPE html>\n<html><body>/*{}*/</body></html>")
    with pytest.raises(BadInput, match=r"saved.fs: it is a web page"):
        read(path)


def test_files_of_any_encoding_are_read(tmp_path: Path) -> None:
    text = made('{"DESCRIPTION": "größer"}').replace("\n", "\r\n")
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.fs"
        path.write_bytes(text.encode(encoding))
        assert read(path).description == "größer"
    path = tmp_path / "latin.fs"
    path.write_bytes(text.encode("latin-1"))
    assert read(path).fragment.count("\r") == 0
    path.write_bytes(b"/*{}*/\0\1\2")
    with pytest.raises(BadInput, match="no text"):
        read(path)
    with pytest.raises(BadInput, match="can't be read"):
        read(tmp_path / "missing.fs")


def test_a_vertex_shader_beside_it_belongs_to_it(shader: Callable[..., Path]) -> None:
    path = shader(MAIN)
    assert read(path).vertex == ""
    path.with_suffix(".vs").write_text("void main() {}")
    assert read(path).vertex == "void main() {}"


def test_a_vertex_shader_that_is_a_link_is_left_out(shader: Callable[..., Path], tmp_path: Path) -> None:
    path = shader(MAIN)
    (tmp_path / "secret").write_text("void main() {}")
    path.with_suffix(".vs").symlink_to(tmp_path / "secret")
    assert read(path).vertex == ""


def test_the_first_versions_buffers_are_kept() -> None:
    isf = read(OWN / "First Version.fs")
    assert isf.passes[0].persistent
    assert isf.passes[0].float
    assert not isf.passes[1].persistent
    assert pass_size(isf.passes[0], Size(64, 36), size_variables(isf, Size(64, 36))) == (32, 18)


def test_imports_cannot_leave_the_root(tmp_path: Path) -> None:
    root = tmp_path / "library"
    inside = root / "shaders"
    inside.mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"x")
    (root / "near.png").write_bytes(b"x")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    path = inside / "a.fs"

    def importing(name: str) -> Path:
        path.write_text(made(f'{{"IMPORTED": {{"a": {{"PATH": "{name}"}}}}}}'))
        return path

    assert read(importing("../near.png"), root).imported[0].paths == ((root / "near.png").resolve(),)
    for name in ("../../secret.png", str(tmp_path / "secret.png"), "link.png", "..\\\\..\\\\secret.png"):
        with pytest.raises(BadInput, match="leads out"):
            read(importing(name), root)
    with pytest.raises(BadInput, match="leads out"):
        read(importing("../near.png"))
    for name in ("x" * 400,):
        with pytest.raises(BadInput, match="which no file can be called"):
            read(importing(name), root)
    assert read(importing("missing.png"), root).imported[0].paths == ((inside / "missing.png").resolve(),)
