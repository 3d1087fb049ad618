"""The house: who may import whom, how many rooms, floors and arrows there are, the ways of a frame and a message."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.folders import VJ as ROOT

PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
MOST_ROOMS, MOST_FLOORS, MOST_ARROWS = 45, 12, 186
MOST_TOP_ROOMS, MOST_TOP_ARROWS = 22, 114

HOMES = {
    "torch": ("model/", "train/", "bench/"),
    "openvino": ("model/",),
    "onnxruntime": ("model/", "bench/"),
    "onnx": ("model/",),
    "moderngl": ("gl/", "effect/", "sink/", "layers/", "show/hud.py", "bench/gl.py"),
    "glfw": ("sink/window.py",),
    "cv2": (
        "source/",
        "sink/",
        "bench/",
        "base/convert.py",
        "model/preprocess.py",
        "data/",
        "train/measures.py",
        "model/dreams/",
        "layers/flow_meter.py",
        "layers/motion_child.py",
    ),
    "av": ("source/", "sink/", "render/", "commands/apply_film.py", "bench/"),
    "pythonosc": ("control/osc/", "control/query/", "bench/dispatch.py"),
    "mido": ("control/midi/",),
    "rtmidi": ("control/midi/",),
    "sounddevice": ("control/audio/",),
    "uvicorn": ("control/query/",),
    "starlette": ("control/query/",),
    "zeroconf": ("control/query/",),
    "link": ("control/link.py",),
    "tomlkit": ("preset/save.py", "preset/save_clips.py", "data/description.py"),
    "typer": ("cli/", "__main__.py"),
}
"""Where a library may be imported at all."""

FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def table(heading: str) -> list[tuple[str, str]]:
    """The rows of the first table below ``heading`` of the page: their first two cells."""
    below = PAGE.split(f"## {heading}\n", 1)[1]
    rows = [line.strip("| ").split(" | ") for line in below.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [(row[0], row[1]) for row in rows[2:]]


FLOORS = {
    room: int(floor)
    for floor, rooms in table("The floors")
    for room in re.findall(r"`([a-z_/]+)`", rooms.split(":")[0])
}
"""The floor of each room, from the page; that of ``vj`` itself is the highest."""


def room_of(module: str, *, top: bool = False) -> str:
    """The folder that ``vj.a.b`` lies in, down to those inside model/ and control/; ``vj`` for the ground floor."""
    parts = module.split(".")[1:]
    if not ROOT.joinpath(*parts).is_dir():
        parts = parts[:-1]
    return "/".join(parts[: 2 if parts[:1] in (["model"], ["control"]) and not top else 1]) or "vj"


def module_of(file: str) -> str:
    return ".".join(("vj", *file.removesuffix(".py").removesuffix("/__init__").split("/")))


def imports(file: str) -> list[str]:
    """Every module that the file imports, at its top or inside."""
    found: list[str] = []
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            module = str(node.module)
            whole = [f"{module}.{alias.name}" for alias in node.names]
            found += [name if module.split(".")[0] == "vj" and name in MODULES else module for name in whole]
    return found


MODULES = {module_of(file) for file in FILES}


def arrows(*, top: bool = False) -> dict[tuple[str, str], list[str]]:
    """Pairs of a room and another that it imports, each with the files that do."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in FILES:
        own = room_of(module_of(file), top=top)
        for module in imports(file):
            if module.startswith("vj.") and module in MODULES and (other := room_of(module, top=top)) != own:
                found.setdefault((own, other), []).append(f"{file} imports {module}")
    return found


def test_rooms_import_only_what_is_below_them() -> None:
    for (own, other), files in arrows().items():
        assert FLOORS[other] < FLOORS[own], f"{files[0]}: {other} is on floor {FLOORS[other]}, {own} on {FLOORS[own]}"


def test_the_page_names_every_room_and_no_other() -> None:
    assert set(FLOORS) == {room_of(module_of(file)) for file in FILES if file != "__init__.py"}


def test_the_house_stays_small() -> None:
    found = arrows()
    assert len(FLOORS) <= MOST_ROOMS
    assert len(set(FLOORS.values())) <= MOST_FLOORS
    assert len(found) <= MOST_ARROWS
    assert max(map(int, FLOORS.values())) == len(set(FLOORS.values())), "no floor is left out"
    upstairs = arrows(top=True)
    assert len({room for pair in upstairs for room in pair}) <= MOST_TOP_ROOMS
    assert len(upstairs) <= MOST_TOP_ARROWS


def test_the_ways_of_a_frame_and_a_message_are_those_of_the_page() -> None:
    """Under a profiler: tests/ways.py. A message crossed 28 files and a frame 14 before the house was replanned."""
    command = [sys.executable, "-m", "tests.ways"]
    done = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, timeout=110, check=True)
    found = {way: set(map(_of_any_runtime, files)) for way, files in json.loads(done.stdout.splitlines()[-1]).items()}
    for way, heading, most in (
        ("message", "The way of a message", 28 * 2 / 3),
        ("frame", "The way of a frame", 14 * 3 / 4),
    ):
        shown = {_of_any_runtime(file.strip("`")) for file, _ in table(heading)}
        assert found[way] == shown
        assert len(found[way]) <= most


def _of_any_runtime(file: str) -> str:
    """Which library runs a network depends on the machine."""
    return "model/runtime" if file.startswith("model/runtime/") else file


def test_the_ground_floor_holds_two_files() -> None:
    assert [file for file in FILES if "/" not in file] == ["__init__.py", "__main__.py"]


def test_no_two_classes_have_one_name() -> None:
    named: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(file)
    assert not {name: files for name, files in named.items() if len(files) > 1}


def public(
    body: Sequence[ast.stmt], inside: ast.ClassDef | None = None
) -> Iterator[tuple[ast.ClassDef | ast.FunctionDef, ast.ClassDef | None]]:
    """Every public class, function and method, with the class that it is in."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node, inside
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, node)


TREES = {file: ast.parse((ROOT / file).read_text(encoding="utf-8")) for file in FILES}
CLASSES = {node.name: node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
PROTOCOLS = [node for node in CLASSES.values() if any(ast.unparse(base) == "Protocol" for base in node.bases)]
FROM_LIBRARIES = {"forward": "nn.Module", "select": "selectors.DefaultSelector"}
"""Methods of libraries' classes that ours override."""


def methods(owner: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}


def members(owner: ast.ClassDef) -> set[str]:
    """Its methods, and what its body assigns in their place."""
    assigned = (target for node in owner.body if isinstance(node, ast.Assign) for target in node.targets)
    return {*methods(owner), *map(ast.unparse, assigned)}


def overrides(name: str, owner: ast.ClassDef) -> bool:
    """Whether the method is one of a class that ``owner`` inherits from, or of a protocol that it fulfils."""
    bases = [ast.unparse(base).split("[")[0].split(".")[-1] for base in owner.bases]
    if any(base in CLASSES and (name in methods(CLASSES[base]) or overrides(name, CLASSES[base])) for base in bases):
        return True
    fulfilled = (protocol for protocol in PROTOCOLS if protocol is not owner and name in methods(protocol))
    return name in FROM_LIBRARIES or any(methods(protocol).keys() <= members(owner) for protocol in fulfilled)


def test_everything_public_says_what_it_is() -> None:
    """Overrides say no more than what they override."""
    silent = [
        f"{file}:{node.lineno} {node.name}"
        for file, tree in TREES.items()
        for node, owner in public(tree.body)
        if not ast.get_docstring(node) and not (owner and overrides(node.name, owner))
    ]
    assert silent == []


def test_what_counts_where_is_asked_of_the_parameter() -> None:
    """No list of address prefixes says what is saved, recorded or modulated: `vj.params.scope` does."""
    for file in FILES:
        if not file.startswith("params/"):
            assert not re.search(r"\baddress\.startswith\(", (ROOT / file).read_text(encoding="utf-8")), file


RIDDLES = re.compile(r"\b(whoever|nobody|somebody|lest|is told)\b", re.IGNORECASE)
"""Words of sentences that leave out who does what."""


def test_sentences_say_who_does_what() -> None:
    pages = [path for path in ROOT.rglob("*") if path.suffix in (".py", ".md")]
    found = [f"{path}: {found[0]}" for path in pages for found in RIDDLES.finditer(path.read_text(encoding="utf-8"))]
    assert not found


@pytest.mark.parametrize("file", FILES)
def test_libraries_stay_at_home(file: str) -> None:
    for module in imports(file):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or file.startswith(homes), f"{file} imports {module}; its homes are {homes}"


def test_the_stage_imports_nothing_heavy() -> None:
    """The process with the display never has torch, a model runtime or a video library in it."""
    heavy = ("torch", "openvino", "onnxruntime", "onnx", "cv2", "av", "scipy")
    code = f"import sys, vj.show.show, vj.cli; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_is_unpickled_or_evaluated() -> None:
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile"), f"{file} calls {node.func.id}"
        assert not {"pickle", "marshal", "shelve", "dill"} & set(imports(file)), f"{file} unpickles"


def test_the_command_line_answers_without_loading_the_instrument() -> None:
    """``vj --help`` takes as long as its imports: the libraries for the command line, and none of ours."""
    heavy = ("numpy", "moderngl", "pydantic", "pythonosc", "starlette", "vj.model", "vj.show.show", "vj.preset.preset")
    code = f"import sys, vj.cli; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
