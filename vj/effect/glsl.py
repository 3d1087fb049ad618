"""Translates the GLSL of shaders, written for OpenGL 2 or for the web, into that of OpenGL 3.3 core.

Lines stay where they are, so that a line in the driver's messages is the file's line and the header's lines.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from vj.effect.inputs import InputType
from vj.effect.isf import Isf


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


_UNIFORMS: dict[InputType, str] = {
    "event": "bool",
    "bool": "bool",
    "long": "int",
    "float": "float",
    "point2D": "vec2",
    "color": "vec4",
    "image": "sampler2D",
    "audio": "sampler2D",
    "audioFFT": "sampler2D",
}
"""The type of the uniform of each type of input."""

_GIVEN = {
    "PASSINDEX": "int",
    "FRAMEINDEX": "int",
    "RENDERSIZE": "vec2",
    "TIME": "float",
    "TIMEDELTA": "float",
    "DATE": "vec4",
}
"""Uniforms that every shader has."""

_RENAMED = {
    "varying": "in",
    "vv_FragNormCoord": "isf_FragNormCoord",
    "isf_fragNormCoord": "isf_FragNormCoord",
    "vv_vertShaderInit": "isf_vertShaderInit",
    "main": "isf_main",
    "sampler2DRect": "sampler2D",
    "samplerRect": "sampler2D",
    "texture2D": "isf_texture",
    "textureCube": "isf_texture",
    "texture2DRect": "isf_textureRect",
    "textureRect": "isf_textureRect",
    "texture2DProj": "textureProj",
    "texture2DLod": "textureLod",
    "texture2DLodEXT": "textureLod",
    "textureCubeLod": "textureLod",
    "textureCubeLodEXT": "textureLod",
    "texture2DProjLod": "textureProjLod",
    "texture2DGrad": "textureGrad",
    "texture2DGradEXT": "textureGrad",
    "texture2DGradARB": "textureGrad",
    "gl_FragColor": "isf_FragColor",
    "gl_FragData": "isf_FragData",
    "gl_TexCoord": "isf_TexCoord",
    "isf_FragCoord": "gl_FragCoord",
    "isf_fragCoord": "gl_FragCoord",
    "vv_FragCoord": "gl_FragCoord",
}
"""Words of older languages and of version 1, and what stands for them. ``gl_FragCoord`` of a vertex shader has a name
of its own."""

_RESERVED = _words(
    """
    sample input output buffer filter active common partition resource patch shared precise coherent restrict readonly
    writeonly subroutine superp noinline image1D image2D image3D iimage2D uimage2D union class template this namespace
    using cast sizeof interface external goto half fixed unsigned hvec2 hvec3 hvec4 fvec2 fvec3 fvec4 dvec2 dvec3
    dvec4 double asm enum typedef packed long short extern static inline public volatile
    """,
)
"""Words that some language keeps for itself and shaders use as names."""
_INTERPOLATION = frozenset(("flat", "smooth", "noperspective", "centroid"))
"""Words that say how a varying is interpolated, and which older shaders use as names."""

_WORD = re.compile(r"(?<!\w)[A-Za-z_]\w*")
_NAMED = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
"""A word that is no component behind a point."""
_COMMENT = re.compile(r"//.*?(?=\n|\Z)|/\*.*?(?:\*/|\Z)", re.DOTALL)
_DROPPED = re.compile(r"^[ \t]*#[ \t]*(?:version|extension|line)\b.*$", re.MULTILINE)
_DECLARED = r"\b(?:uniform|in|out|attribute)\s+(?:(?:lowp|mediump|highp)\s+)?\w+\s+(?:%s)\s*(?:\[[^\]]*\])?\s*;"
_VARYING = re.compile(
    r"(?:^|(?<=;))[ \t]*(?:(flat|smooth|noperspective|centroid)\s+)?in\s+"
    r"(?:(?:lowp|mediump|highp)\s+)?(\w+)\s+([^;(){}]+);",
    re.MULTILINE,
)
_OWN_RESULT = re.compile(r"\bout\s+(?:(?:lowp|mediump|highp)\s+)?vec4\s+(\w+)\s*;")
_CONSTANT = re.compile(r"\bconst\s+((?:(?:lowp|mediump|highp)\s+)?\w+)\s+(\w+)\s*((?:\[[^\]]*\])?)\s*=\s*([^;]*);")
_DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?(.*)$", re.MULTILINE)
_PREFIXED = re.compile(r"_(\w+)_(imgRect|imgSize|flip|normTexCoord|texCoord)")
_CONSTANT_WORDS = _words(
    """
    bool int uint float vec2 vec3 vec4 ivec2 ivec3 ivec4 bvec2 bvec3 bvec4 uvec2 uvec3 uvec4 mat2 mat3 mat4 mat2x2
    mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4 true false radians degrees sin cos tan asin acos atan pow
    exp log exp2 log2 sqrt inversesqrt abs sign floor ceil fract mod min max clamp mix step smoothstep length distance
    dot cross normalize
    """,
)
"""Words that a constant expression may have in it."""

_HELPERS = """
vec2 IMG_SIZE(sampler2D s) { return vec2(textureSize(s, 0)); }
vec4 isf_texture(sampler2D s, vec2 p) { return texture(s, p); }
vec4 isf_texture(samplerCube s, vec3 p) { return texture(s, p); }
vec4 isf_textureRect(sampler2D s, vec2 p) { return texture(s, p / vec2(textureSize(s, 0))); }
vec4 IMG_NORM_PIXEL(sampler2D s, vec2 p) { return texture(s, p); }
vec4 IMG_NORM_PIXEL(sampler2D s, vec3 p) { return texture(s, p.xy); }
vec4 IMG_NORM_PIXEL(sampler2D s, vec4 p) { return texture(s, p.xy); }
vec4 IMG_NORM_PIXEL(samplerCube s, vec3 p) { return texture(s, p); }
vec4 IMG_PIXEL(sampler2D s, vec2 p) { return texture(s, p / vec2(textureSize(s, 0))); }
vec4 IMG_PIXEL(sampler2D s, vec3 p) { return IMG_PIXEL(s, p.xy); }
vec4 IMG_PIXEL(sampler2D s, vec4 p) { return IMG_PIXEL(s, p.xy); }
vec4 IMG_THIS_PIXEL(sampler2D s) { return texture(s, isf_FragNormCoord); }
vec4 IMG_THIS_NORM_PIXEL(sampler2D s) { return texture(s, isf_FragNormCoord); }
vec4 VVSAMPLER_2DBYPIXEL(sampler2D s, vec4 r, vec2 n, bool f, vec2 p) { return texture(s, p / n); }
vec4 VVSAMPLER_2DBYNORM(sampler2D s, vec4 r, vec2 n, bool f, vec2 p) { return texture(s, p); }
vec4 VVSAMPLER_2DRECTBYPIXEL(sampler2D s, vec4 r, vec2 n, bool f, vec2 p) { return texture(s, p / n); }
vec4 VVSAMPLER_2DRECTBYNORM(sampler2D s, vec4 r, vec2 n, bool f, vec2 p) { return texture(s, p); }
"""
"""What the macros of the format and old functions are, in both stages."""
_BIASED = """
vec4 isf_texture(sampler2D s, vec2 p, float bias) { return texture(s, p, bias); }
vec4 IMG_NORM_PIXEL(sampler2D s, vec2 p, float bias) { return texture(s, p, bias); }
"""
_VERTEX = """
vec2 isf_position;
vec2 isf_vertexPixel;
vec4 isf_TexCoord[8];
void isf_vertShaderInit() {
    isf_FragNormCoord = vec2(gl_VertexID & 1, gl_VertexID >> 1) * isf_reach;
    isf_position = isf_FragNormCoord * 2.0 - 1.0;
    isf_vertexPixel = floor(isf_FragNormCoord * RENDERSIZE);
    isf_TexCoord[0] = vec4(isf_FragNormCoord, 0.0, 1.0);
    gl_Position = vec4(isf_position, 0.0, 1.0);
}
vec4 isf_vertex() { return vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * isf_reach * 2.0 - 1.0, 0.0, 1.0); }
"""
_VERTEX_RENAMED = {
    "varying": "out",
    "attribute": "in",
    "gl_FragCoord": "isf_vertexPixel",
    "isf_FragCoord": "isf_vertexPixel",
    "isf_fragCoord": "isf_vertexPixel",
    "vv_FragCoord": "isf_vertexPixel",
    "gl_Vertex": "isf_vertex()",
    "ftransform": "isf_vertex",
    "gl_MultiTexCoord0": "vec4(isf_FragNormCoord, 0.0, 1.0)",
    "gl_ModelViewProjectionMatrix": "mat4(1.0)",
    "gl_ModelViewMatrix": "mat4(1.0)",
    "gl_ProjectionMatrix": "mat4(1.0)",
    "position": "isf_position",
    "vertexPosition": "isf_position",
    "isf_VertexPosition": "isf_position",
}
"""As `_RENAMED`, for vertex shaders."""


@dataclass(frozen=True)
class Stage:
    """A translated shader: ``header`` above the author's own text ``body``, and ``footer`` below it."""

    header: str
    body: str
    footer: str

    def source(self, index: int) -> str:
        """Returns the whole text for the driver, for the pass number ``index``.

        The number is a constant in it, so that the driver leaves out what belongs to other passes: a software renderer
        would compute all of it for every pixel.
        """
        header = self.header.replace("uniform int PASSINDEX;", f"const int PASSINDEX = {index};")
        return header + self.body + self.footer

    @property
    def depends_on_pass(self) -> bool:
        """Whether the shader asks which pass it draws."""
        return re.search(r"\bPASSINDEX\b", self.body) is not None

    def own_line(self, line: int) -> int:
        """Returns the line in the author's file for a ``line`` of `source`, both counted from 1; at least 1."""
        return max(1, min(line - self.header.count("\n"), self.body.count("\n") + 1))


@lru_cache(maxsize=64)
def translate(isf: Isf) -> tuple[Stage, Stage]:
    """Returns the vertex and the fragment stage of ``isf``. Without a vertex shader of its own it gets the usual one,
    which draws one triangle over everything; with one, two triangles that make a rectangle."""
    body = _common(isf.fragment, _RENAMED, isf)
    names = sorted(_textures(isf) | {one.name for one in isf.inputs} | _GIVEN.keys())
    body = _without_declared(body, [*names, "isf_FragNormCoord"])
    renamed = _RENAMED | {word: other for word, other in _VERTEX_RENAMED.items() if word not in names}
    vertex_body = _without_declared(_common(isf.vertex, renamed, isf), [*names, "isf_FragNormCoord", "isf_position"])
    return _vertex(isf, vertex_body, body), _fragment(isf, body)


def moves_corners(isf: Isf) -> bool:
    """Returns whether drawing ``isf`` may leave pixels as they are: it discards some, or moves its corners."""
    return "discard" in _uncommented(isf.fragment) or "gl_Position" in _uncommented(isf.vertex)


def uniform_name(name: str) -> str:
    """Returns the name of an input, buffer or import in the translated shader."""
    return _renamed_word(name, {}, "")


def as_written(message: str) -> str:
    """Returns a driver's ``message`` with the author's words in place of those that stand for them."""
    names = {"main", "texture2D", "texture2DRect", "gl_FragColor", "gl_FragData", "gl_TexCoord"}
    back = {_RENAMED[name]: name for name in names}
    back |= {f"isf_{word}": word for word in _RESERVED | _INTERPOLATION}
    return _WORD.sub(lambda word: back.get(word[0], word[0]), message)


def _vertex(isf: Isf, body: str, fragment: str) -> Stage:
    words = set(_WORD.findall(body))
    passed = [
        f"{how + ' ' if how else ''}out {kind} {name};"
        for how, kind, name in _varyings(fragment)
        if re.match(r"\w*", name)[0] not in words  # type: ignore[index]
    ]
    lines = [
        "#version 330",
        *(f"uniform {kind} {name};" for name, kind in _GIVEN.items()),
        "out vec2 isf_FragNormCoord;",
        f"const float isf_reach = {1.0 if isf.vertex else 2.0};",
        *_HELPERS.split("\n"),
        *_VERTEX.split("\n"),
        *_uniform_lines(isf),  # behind the helpers, as an input may have the name of a function that they call
        *passed,
    ]
    own = "isf_main();" if isf.vertex else ""
    return Stage("\n".join(lines) + "\n", body, f"\nvoid main() {{ isf_vertShaderInit(); {own} }}\n")


def _fragment(isf: Isf, body: str) -> Stage:
    own = _OWN_RESULT.search(body)
    result = own[1] if own else "isf_FragColor"
    if own:
        body = re.sub(r"\bisf_FragColor\b", result, body)
    data = bool(re.search(r"\bisf_FragData\b", body))
    lines = [
        "#version 330",
        *(f"uniform {kind} {name};" for name, kind in _GIVEN.items()),
        "in vec2 isf_FragNormCoord;",
        *([] if own else ["out vec4 isf_FragColor;"]),
        *(["vec4 isf_FragData[8];"] if data else []),
        *(["vec4 isf_TexCoord[8];"] if "isf_TexCoord" in body else []),
        *_HELPERS.split("\n"),
        *_BIASED.split("\n"),
        *_uniform_lines(isf),
    ]
    steps = [
        f"{result} = vec4(0.0);",
        *(["isf_FragData[0] = vec4(0.0);"] if data else []),
        *(["isf_TexCoord[0] = vec4(isf_FragNormCoord, 0.0, 1.0);"] if "isf_TexCoord" in body else []),
        "isf_main();",
        *([f"{result} = isf_FragData[0];"] if data else []),
    ]
    return Stage("\n".join(lines) + "\n", body, f"\nvoid main() {{ {' '.join(steps)} }}\n")


def _uniform_lines(isf: Isf) -> Iterator[str]:
    """Yields the declarations of the shader's own inputs and textures."""
    for one in isf.inputs:
        yield f"uniform {_UNIFORMS[one.type]} {uniform_name(one.name)};"
    for target in isf.targets:
        yield f"uniform sampler2D {uniform_name(target)};"
    for image in isf.imported:
        yield f"uniform {'samplerCube' if image.is_cube else 'sampler2D'} {uniform_name(image.name)};"


def _textures(isf: Isf) -> set[str]:
    """Returns the names of everything that the shader reads as a texture."""
    sounds = {one.name for one in isf.inputs if one.is_sound}
    return {one.name for one in isf.pictures} | sounds | set(isf.targets) | {one.name for one in isf.imported}


def _common(text: str, renamed: dict[str, str], isf: Isf) -> str:
    """Returns ``text`` translated word by word, with as many lines as before."""
    code = _joined(_uncommented(text))
    code = _DROPPED.sub("", code)
    textures = _textures(isf)

    def replaced(match: re.Match[str]) -> str:
        following = code[match.end() : match.end() + 40].lstrip()
        word = match[0]
        if word.startswith("_") and (parts := _PREFIXED.fullmatch(word)) and parts[1] in textures:
            return _of_texture(uniform_name(parts[1]), parts[2])
        return _renamed_word(word, renamed, following)

    return _without_stray_ends(_with_constants(_WORD.sub(replaced, code)))


def _renamed_word(word: str, renamed: dict[str, str], following: str) -> str:
    """Returns what stands for ``word`` in the translated text; ``following`` is the text behind it."""
    if word in renamed:
        return renamed[word]
    if word in _RESERVED:
        return f"isf_{word}"
    if word == "texture" and not following.startswith("("):
        return "isf_texture_"
    if word in _INTERPOLATION and not re.match(r"(?:in|out|varying|centroid)\b", following):
        return f"isf_{word}"
    return word


def _of_texture(name: str, what: str) -> str:
    """Returns what stands for one of the uniforms and varyings that other hosts make for each texture."""
    if what == "imgRect":
        return "vec4(0.0, 0.0, 1.0, 1.0)"
    if what == "flip":
        return "false"
    return f"IMG_SIZE({name})" if what == "imgSize" else "isf_FragNormCoord"


def _uncommented(text: str) -> str:
    """Returns ``text`` without comments, with all its line breaks; the JSON goes with them."""
    return _COMMENT.sub(lambda comment: " " + "\n" * comment[0].count("\n"), text)


def _joined(code: str) -> str:
    """Returns ``code`` with lines that end in a backslash joined to the next; empty ones follow, to keep the count."""
    lines: list[str] = []
    begun, missing = "", 0
    for line in code.split("\n"):
        if line.rstrip().endswith("\\"):
            begun += line.rstrip()[:-1] + " "
            missing += 1
            continue
        lines += [begun + line, *[""] * missing]
        begun, missing = "", 0
    return "\n".join([*lines, begun] if begun else lines)


def _without_stray_ends(code: str) -> str:
    """Returns ``code`` without semicolons behind functions, which strict drivers refuse."""
    kept: list[str] = []
    depth, before, is_function = 0, "", False
    for letter in code:
        if letter == "{":
            is_function = before == ")" if depth == 0 else is_function
            depth += 1
        elif letter == "}":
            depth -= 1
        is_stray = letter == ";" and before == "}" and depth == 0 and is_function
        kept.append(" " if is_stray else letter)
        before = before if letter.isspace() or is_stray else letter
    return "".join(kept)


def _without_declared(code: str, names: Iterable[str]) -> str:
    """Returns ``code`` without declarations of what the header declares already."""
    pattern = _DECLARED % "|".join(map(re.escape, names))
    return re.sub(pattern, lambda found: "\n" * found[0].count("\n"), code)


def _varyings(fragment: str) -> Iterator[tuple[str, str, str]]:
    """Yields how (often empty), type and name (with the brackets of an array) of what comes from the vertex shader."""
    seen = set()
    for found in _VARYING.finditer(fragment):
        for name in re.split(r",(?![^\[]*\])", found[3]):
            if (name := name.strip()) not in seen:
                seen.add(name)
                yield found[1] or "", found[2], name


def _with_constants(code: str) -> str:
    """Returns ``code`` in which ``const`` stays only before what is constant for OpenGL 3.3; older drivers took more.

    The value is then computed where it stands.
    """
    known = set(_CONSTANT_WORDS)
    for name, arguments, value in _DEFINED.findall(code):
        if arguments or set(_NAMED.findall(value)) <= known:
            known.add(name)

    def checked(found: re.Match[str]) -> str:
        declared = {found[2], *re.findall(r"(\w+)\s*=(?!=)", found[4])}
        if set(_NAMED.findall(found[4])) <= known | declared:
            known.update(declared)
            return found[0]
        return found[0][len("const") :].lstrip(" \t")

    return _CONSTANT.sub(checked, code)
