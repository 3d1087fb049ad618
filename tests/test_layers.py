"""Who may import whom. The rooms are listed from the ground up; a room may import only what stands below it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "vj"

LEVELS: tuple[tuple[str, ...], ...] = (
    ("base",),
    ("child", "params"),
    ("frame", "modulate", "play", "tempo"),
    ("control", "gl", "model", "source"),
    ("preset", "sink"),
    ("layers",),
    ("show",),
    ("commands", "render"),
    ("bench",),
    ("cli",),
    ("__main__",),
)
SIBLINGS_APART = ("source", "model", "control", "modulate", "play")
"""Rooms of one level that never import each other."""

HOMES = {
    "torch": ("model/", "train/", "bench/"),
    "openvino": ("model/",),
    "onnxruntime": ("model/", "bench/"),
    "onnx": ("model/",),
    "moderngl": ("gl/", "effect/", "sink/", "layers/", "show/hud.py"),
    "glfw": ("sink/window.py",),
    "cv2": ("source/", "sink/", "bench/", "base/convert.py", "model/preprocess.py", "model/dreams/"),
    "av": ("source/", "sink/", "render/", "commands/apply_film.py", "bench/"),
    "pythonosc": ("control/osc/", "control/query/", "bench/dispatch.py"),
    "mido": ("control/midi/",),
    "rtmidi": ("control/midi/",),
    "sounddevice": ("control/audio/",),
    "uvicorn": ("control/query/",),
    "starlette": ("control/query/",),
    "zeroconf": ("control/query/",),
    "link": ("control/link.py",),
    "tomlkit": ("preset/save.py",),
    "typer": ("cli.py", "__main__.py"),
}
"""Where a library may be imported at all."""

FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def level(room: str) -> int:
    found = [place for place, rooms in enumerate(LEVELS) if room in rooms]
    assert found, f"{room} has no place in the list of levels"
    return found[0]


def room_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def imports(file: str) -> list[str]:
    """Every module that the file imports, at its top or inside."""
    found: list[str] = []
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found += (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "vj" else [str(node.module)]
            )
    return found


@pytest.mark.parametrize("file", [file for file in FILES if file != "__init__.py"])
def test_rooms_import_only_what_is_below_them(file: str) -> None:
    own = room_of(file)
    for module in imports(file):
        if not module.startswith("vj."):
            continue
        other = module.split(".")[1]
        if other == own or (other not in {room for rooms in LEVELS for room in rooms} and module == "vj.__version__"):
            continue
        assert level(other) <= level(own), f"{file} imports {module}, which stands above it"
        assert not (own in SIBLINGS_APART and other in SIBLINGS_APART), f"{file} imports its sibling {module}"


def test_the_ground_floor_holds_three_files() -> None:
    assert [file for file in FILES if "/" not in file] == ["__init__.py", "__main__.py", "cli.py"]


def test_no_two_classes_have_one_name() -> None:
    named: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name, []).append(file)
    assert not {name: files for name, files in named.items() if len(files) > 1}


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
