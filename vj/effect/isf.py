"""Reads a shader file of the Interactive Shader Format, version 1 or 2, into plain data."""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.inputs import IsfInput, is_on, params_of, read_input
from vj.effect.lenient_json import read_table
from vj.effect.sizes import SizeExpression
from vj.params.param import Param, toggle

Kind = Literal["filter", "generator", "transition"]

SUFFIXES = (".fs", ".isf")
"""The endings of shader files in a folder, in lower case."""
VERTEX_SUFFIXES = (".vs", ".vert")
"""The endings of a vertex shader that lies beside a shader file."""
PICTURE, START, END, PROGRESS = "inputImage", "startImage", "endImage", "progress"
"""The inputs that make a shader a filter (the first) or a transition (the others)."""
LONGEST_SIDE, MOST_PIXELS = 8192, 1 << 25
"""The most pixels that a side of a pass may have, and that a pass may have in all."""
_TYPICAL = Size(1920, 1080)
"""The size at which a shader's sizes are checked when it is read."""

MOST_BYTES = 1 << 31
"""The most memory that the buffers of a shader may take together."""
_LARGEST_FILE = 500_000
_MOST_COMMENTS = 50
"""Comments in which the JSON is looked for: the first ones of the file."""
_MOST_PASSES, _MOST_INPUTS, _MOST_IMPORTED = 64, 256, 32
_WEB_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype|html|head|body|svg)\b", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class IsfPass:
    """One drawing of the shader: into the buffer called ``target``, or into the result if that is empty.

    ``width`` and ``height`` are its size in pixels. A ``persistent`` buffer keeps what is in it for the next frame; a
    ``float`` one has 32 bits a channel and isn't bounded to 0..1.
    """

    target: str = ""
    width: SizeExpression = field(default_factory=lambda: SizeExpression("$WIDTH"))
    height: SizeExpression = field(default_factory=lambda: SizeExpression("$HEIGHT"))
    persistent: bool = False
    float: bool = False


@dataclass(frozen=True)
class IsfImage:
    """A picture that the shader brings with it, read as the texture ``name``; six ``paths`` are a cube map's sides."""

    name: str
    paths: tuple[Path, ...]

    @property
    def is_cube(self) -> bool:
        """Whether it is a cube map: right, left, top, bottom, front, back."""
        return len(self.paths) == 6


@dataclass(frozen=True)
class Isf:
    """A shader as its file declares it. ``fragment`` and ``vertex`` are the GLSL as written, the latter often empty."""

    name: str
    kind: Kind
    inputs: tuple[IsfInput, ...]
    passes: tuple[IsfPass, ...]
    imported: tuple[IsfImage, ...]
    fragment: str
    vertex: str = ""
    description: str = ""
    credit: str = ""
    categories: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the buffers that passes draw into, each once."""
        return tuple(dict.fromkeys(one.target for one in self.passes if one.target))

    def is_double(self, one: IsfPass) -> bool:
        """Returns whether the buffer of ``one`` is two textures that take turns: what was in it is read later."""
        return one.persistent or [each.target for each in self.passes].count(one.target) > 1

    @property
    def pictures(self) -> tuple[IsfInput, ...]:
        """The inputs that are pictures."""
        return tuple(one for one in self.inputs if one.is_picture)

    @property
    def shown(self) -> tuple[IsfInput, ...]:
        """The inputs that a performer sets: all but sounds and what the host feeds by the kind of shader."""
        fed = {"filter": (PICTURE,), "transition": (START, END, PROGRESS), "generator": ()}[self.kind]
        return tuple(one for one in self.inputs if one.name not in fed and not one.is_sound)


def read(path: Path, root: Path | None = None) -> Isf:
    """Returns the shader in the file ``path``, with the vertex shader beside it if there is one, which is no link.

    Pictures that it imports must lie below ``root``, which by default is the folder of ``path``. Raises BadInput, which
    names the file, for what can't be read and for what isn't ISF.
    """
    beside = (path.with_suffix(suffix) for suffix in VERTEX_SUFFIXES)
    vertex = next((text_of(found) for found in beside if found.is_file() and not found.is_symlink()), "")
    try:
        return parse(text_of(path), path.stem, vertex=vertex, folder=path.parent, root=root or path.parent)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None


def parse(text: str, name: str, *, vertex: str = "", folder: Path | None = None, root: Path | None = None) -> Isf:
    """Returns the shader in ``text``, the content of a file, called ``name``.

    What it imports is looked for in ``folder``, and must lie below ``root``; without ``folder`` it may import nothing.
    Raises BadInput for what isn't ISF: without its JSON, with unknown types of inputs, with sizes that can't be read or
    are huge, with imports that are missing or lead out of ``root``.
    """
    table = _upper(_header(text))
    inputs = _inputs(table, text + vertex)
    isf = Isf(
        name=name,
        kind=_kind(inputs),
        inputs=inputs,
        passes=_passes(table),
        imported=_imported(table, folder, root),
        fragment=text,
        vertex=vertex,
        description=str(table.get("DESCRIPTION") or ""),
        credit=str(table.get("CREDIT") or ""),
        categories=tuple(map(str, _listed(table, "CATEGORIES"))),
    )
    _check_names(isf)
    variables = size_variables(isf, _TYPICAL)
    check_memory(isf, [pass_size(one, _TYPICAL, variables) for one in isf.passes])
    return isf


def params(isf: Isf) -> tuple[Param, ...]:
    """Returns the parameters of an effect that is this shader: ``on``, ``mix``, and those of its inputs.

    An input of the same name as one of the first two gets ``-input`` behind it.
    """
    own = (
        toggle("on", True, help="draw it; off: the picture goes past it"),
        Param("mix", default=1.0, smooth=0.03, help="how much of it is seen"),
    )
    return own + tuple(param for one in isf.shown for param in params_of(one))


def size_variables(isf: Isf, size: Size) -> dict[str, float]:
    """Returns what expressions for the sizes of passes may name, with the defaults of inputs, for a result of ``size``.

    ``WIDTH_NAME`` and ``HEIGHT_NAME`` of a picture are ``size``, too.
    """
    found = {"WIDTH": float(size.width), "HEIGHT": float(size.height)}
    for one in isf.inputs:
        if one.is_picture:
            found |= {f"WIDTH_{one.name}": float(size.width), f"HEIGHT_{one.name}": float(size.height)}
        elif len(one.default) == 1:
            found[one.name] = one.default[0]
    return found


def pass_size(one: IsfPass, size: Size, variables: Mapping[str, float]) -> Size:
    """Returns the size of a pass where the result has ``size``; each side is at least 1 pixel.

    Only a pass into a buffer has a size of its own. Raises BadInput for one that is huge, and for no finite number.
    """
    if not one.target:
        return size
    width, height = (round(expression.evaluate(variables)) for expression in (one.width, one.height))
    found = Size(max(1, width), max(1, height))
    if max(found) > LONGEST_SIDE or found.width * found.height > MOST_PIXELS:
        raise BadInput(f"the pass {one.target} has {width}x{height} pixels; a side has at most {LONGEST_SIDE}")
    return found


def check_memory(isf: Isf, sizes: Sequence[Size]) -> None:
    """Raises BadInput if the buffers of ``isf``, whose passes have ``sizes``, take more than `MOST_BYTES` together."""
    taken: dict[str, int] = {}
    for one, size in zip(isf.passes, sizes, strict=True):
        if one.target:
            twice = 2 if isf.is_double(one) else 1
            taken[one.target] = twice * size.width * size.height * (16 if one.float else 4)
    if sum(taken.values()) > MOST_BYTES:
        megabytes = [amount >> 20 for amount in (sum(taken.values()), MOST_BYTES)]
        raise BadInput(f"its buffers take {megabytes[0]} MB together; at most {megabytes[1]} MB are given")


def text_of(path: Path) -> str:
    """Returns the text of a file, whatever marks and line breaks it has.

    Raises BadInput for what is no file that can be read, no text, or too large for a shader.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for
            raise BadInput("it is no file")
        if about.st_size > _LARGEST_FILE:
            raise BadInput(f"it has {about.st_size} bytes; a shader has at most {_LARGEST_FILE}")
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"it can't be read: {error.strerror or error}") from None
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = raw.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\0" in text:
        raise BadInput("it is no text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _header(text: str) -> dict[str, Any]:
    """Returns the JSON in the first comment that begins with a table. Raises BadInput."""
    if _WEB_PAGE.match(text):
        raise BadInput("it is a web page, not a shader: save the file itself (on GitHub: Raw)")
    reason = "it has no comment with JSON at its top"
    for begin, end in _comments(text):
        start = text.find("{", begin, end)
        if start < 0:
            continue
        try:
            return read_table(text, start)[0]
        except ValueError as error:
            if text[begin:start].strip() == "":
                reason = f"its JSON can't be read: {error}"
                break
    raise BadInput(f"{reason}; it isn't ISF")


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Yields where the first comments of ``text`` begin and end, without their marks."""
    end = -2
    for _ in range(_MOST_COMMENTS):
        begin = text.find("/*", end + 2) + 2
        if begin < 2:
            return
        end = text.find("*/", begin)
        yield begin, end if end >= 0 else len(text)
        if end < 0:
            return


def _upper(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key.upper(): value for key, value in table.items()}


def _listed(table: Mapping[str, Any], key: str) -> list[Any]:
    """Returns the list at ``key``; a single value counts as a list of one, and nothing as an empty one."""
    found = table.get(key)
    if isinstance(found, list):
        return found
    return [] if found in (None, "") else [found]


def _tables(table: Mapping[str, Any], key: str, most: int) -> Iterator[dict[str, Any]]:
    """Yields the tables in the list at ``key``, with their keys in upper case. Raises BadInput for others."""
    entries = _listed(table, key)
    if len(entries) > most:
        raise BadInput(f"{key} has {len(entries)} entries; at most {most} are taken")
    for entry in entries:
        if not isinstance(entry, dict):
            raise BadInput(f"{key} has an entry that is no table: {str(entry)[:80]!r}")
        yield _upper(entry)


def _inputs(table: Mapping[str, Any], code: str) -> tuple[IsfInput, ...]:
    found: dict[str, IsfInput] = {}
    for entry in _tables(table, "INPUTS", _MOST_INPUTS):
        if entry.get("NAME"):
            one = read_input(entry, code)
            found.setdefault(one.name, one)
    return tuple(found.values())


def _kind(inputs: tuple[IsfInput, ...]) -> Kind:
    types = {one.name: one.type for one in inputs}
    if types.get(START) == types.get(END) == "image" and types.get(PROGRESS) == "float":
        return "transition"
    return "filter" if types.get(PICTURE) == "image" else "generator"


def _passes(table: Mapping[str, Any]) -> tuple[IsfPass, ...]:
    """Returns the passes, at least one. Buffers that version 1 lists as persistent are so in every pass."""
    kept = _kept_buffers(table)
    found = []
    for entry in _tables(table, "PASSES", _MOST_PASSES):
        target = str(entry.get("TARGET") or "")
        of_buffer = kept.get(target, {})
        width, height = (_size(entry.get(key, of_buffer.get(key)), key) for key in ("WIDTH", "HEIGHT"))
        persistent = target in kept or is_on(entry.get("PERSISTENT"))
        of_float = is_on(entry.get("FLOAT")) or is_on(of_buffer.get("FLOAT"))
        found.append(IsfPass(target, width, height, persistent, of_float))
    return tuple(found) or (IsfPass(),)


def _kept_buffers(table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the settings of each buffer in version 1's PERSISTENT_BUFFERS: a list of names, or tables by name."""
    found = table.get("PERSISTENT_BUFFERS")
    if isinstance(found, dict):
        return {name: _upper(about) if isinstance(about, dict) else {} for name, about in found.items()}
    return {str(name): {} for name in _listed(table, "PERSISTENT_BUFFERS")}


def _size(raw: object, key: str) -> SizeExpression:
    if raw in (None, ""):
        return SizeExpression(f"${key}")
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise BadInput(f"{key} of a pass takes a number or an expression, not {str(raw)[:80]!r}")
    return SizeExpression(raw if isinstance(raw, str) else f"{raw:f}")


def _imported(table: Mapping[str, Any], folder: Path | None, root: Path | None) -> tuple[IsfImage, ...]:
    found = table.get("IMPORTED")
    if isinstance(found, dict) and not ({"NAME", "PATH"} & _upper(found).keys()):
        entries = [
            {"NAME": name, **(_upper(about) if isinstance(about, dict) else {"PATH": about})}
            for name, about in found.items()
        ]
        found = entries
    images = []
    for entry in _tables({"IMPORTED": found}, "IMPORTED", _MOST_IMPORTED):
        name = str(entry.get("NAME") or "")
        paths = tuple(_inside(str(path), folder, root) for path in _listed(entry, "PATH"))
        if len(paths) not in (1, 6):
            raise BadInput(f"the import {name} has {len(paths)} files; a picture has one, a cube map six")
        images.append(IsfImage(name, paths))
    return tuple(images)


def _inside(written: str, folder: Path | None, root: Path | None) -> Path:
    """Returns the path of an imported file, be there one or not.

    Raises BadInput if it leads out of ``root``, or if no file can have that name.
    """
    if folder is None or root is None:
        raise BadInput(f"it imports {written[:200]!r}, but lies in no folder")
    try:
        path = (folder / written.replace("\\", "/")).resolve()
        if not path.is_relative_to(root.resolve()):
            raise BadInput(f"it imports {written[:200]!r}, which leads out of its folder")
        path.is_file()  # raises for what only the system refuses
        return path
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a loop of links
        raise BadInput(f"it imports {written[:200]!r}, which no file can be called") from None


def _check_names(isf: Isf) -> None:
    """Raise BadInput if two textures or inputs have one name, or a buffer has one that is no identifier."""
    named = [*(one.name for one in isf.inputs), *isf.targets, *(one.name for one in isf.imported)]
    for name in named:
        if not _IDENTIFIER.fullmatch(name):
            raise BadInput(f"the name {name[:80]!r} is no word of letters, digits and _")
        if named.count(name) > 1:
            raise BadInput(f"two of its inputs, buffers and imports are called {name}")
