"""Old GLSL, translated word by word."""

import re

import pytest

from tests.effect.pictures import generated
from vj.effect.glsl import Stage, as_written, moves_corners, translate

FILTER = '{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "filter", "TYPE": "float"}]}'


def body(text: str, header: str = FILTER) -> str:
    """The translated text, without the JSON and with single blanks."""
    translated = translate(generated(text, header))[1].body
    assert translated.count("\n") == text.count("\n") + 1, "lines stay where they are"
    return re.sub(r"\s+", " ", translated).strip()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("varying vec2 at;", "in vec2 at;"),
        ("gl_FragColor = texture2D(inputImage, at);", "isf_FragColor = isf_texture(inputImage, at);"),
        ("vv_FragNormCoord.xy", "isf_FragNormCoord.xy"),
        ("void main(void)", "void isf_main(void)"),
        ("#version 120\n#extension all : enable\nfloat x;", "float x;"),
        ("float sample = filter;", "float isf_sample = isf_filter;"),
        ("vec4 texture = texture(inputImage, at);", "vec4 isf_texture_ = texture(inputImage, at);"),
        ("float smooth = 1.0; smooth in vec2 p;", "float isf_smooth = 1.0; smooth in vec2 p;"),
        ("x = _inputImage_imgSize.x; y = _other_imgSize;", "x = IMG_SIZE(inputImage).x; y = _other_imgSize;"),
        ("uniform sampler2D inputImage; uniform float TIME; uniform float own;", "uniform float own;"),
        ("a; // b\n/* c\n d */ e;", "a; e;"),
        ("#define A \\\n 1\nb", "#define A 1 b"),
        ("1.0e5 + 2.f + x.rgb", "1.0e5 + 2.f + x.rgb"),
        ("void f() { if (a) { b; }; }\n;", "void f() { if (a) { b; }; }"),
        ("struct S { float a; };", "struct S { float a; };"),
    ],
)
def test_words_are_translated(old: str, new: str) -> None:
    assert body(old) == new


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("const float a = 1.0 / 3.0;", True),
        ("const vec3 b = vec3(1.0).xyz * sin(2.0);", True),
        ("const int n = 2, m = n + 1;", True),
        ("const float c = filter;", False),
        ("const vec2 d = 1.0 / RENDERSIZE;", False),
        ("const vec4 e = IMG_THIS_PIXEL(inputImage);", False),
    ],
)
def test_only_constants_stay_constant(line: str, stays: bool) -> None:
    assert body(line).startswith("const ") is stays


def test_a_constant_of_a_constant_is_one() -> None:
    assert body("#define N 4\nconst int a = N;\nconst int b = a * 2;\nconst int c = b + int(TIME);").count("const") == 2


def test_every_pass_has_its_number_as_a_constant() -> None:
    vertex, fragment = translate(generated("void main() { gl_FragColor = vec4(PASSINDEX); }"))
    assert fragment.depends_on_pass
    assert not vertex.depends_on_pass
    assert "const int PASSINDEX = 3;" in fragment.source(3)
    assert "uniform int PASSINDEX" not in fragment.source(3)


def test_lines_of_the_driver_become_those_of_the_file() -> None:
    stage = Stage("one\ntwo\n", "a\nb\nc", "\nfoot")
    assert [stage.own_line(line) for line in (1, 3, 4, 5, 6)] == [1, 1, 2, 3, 3]


def test_it_says_when_pixels_may_stay_as_they_are() -> None:
    assert not moves_corners(generated("// discard gl_Position\nvoid main() {}", vertex="void main() {}"))
    assert moves_corners(generated("void main() { discard; }"))
    assert moves_corners(generated("void main() {}", vertex="void main() { gl_Position.x = 0.0; }"))


def test_messages_have_the_authors_words() -> None:
    told = "`isf_sample' undeclared; no function `isf_main'; isf_FragColor, isf_FragNormCoord, isf_texture(vec4)"
    assert (
        as_written(told) == "`sample' undeclared; no function `main'; gl_FragColor, isf_FragNormCoord, texture2D(vec4)"
    )
