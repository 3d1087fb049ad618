"""A show in which a layer with effects comes and goes ten times: nothing of it is left."""

import gc
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import moderngl
import pytest

from tests.waiting import until
from vj.base.clock import now
from vj.base.frame import Size
from vj.params.control_queue import Change
from vj.preset.preset import load
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

pytestmark = [
    pytest.mark.show,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc"),
]

PRESET = '[[layer]]\nsource = "pattern"\nmodel = "identity"\n'
TIMES = 10


def test_ten_times_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[moderngl.Texture | moderngl.Framebuffer | moderngl.Buffer | moderngl.Program | moderngl.VertexArray] = []
    for kind in ("texture", "framebuffer", "buffer", "program", "vertex_array"):
        monkeypatch.setattr(moderngl.Context, kind, _keeping(getattr(moderngl.Context, kind), made))
    (tmp_path / "show.toml").write_text(PRESET)
    options = Options(headless=True, network_options=UNLISTED, autosave=0.0, size=Size(64, 36), fps=60.0)
    with Show(load(str(tmp_path / "show.toml")), options) as show:
        show.loop.step.begin(now())
        held = []
        for number in range(TIMES):
            visit(show, has_picture=number in (0, TIMES - 1))
            if number in (0, TIMES - 1):  # the first time, what all layers share is made
                until(
                    lambda: len(children()) == 2 and len(show.children.slots._free) == 11,
                    lambda: (children(), show.children.slots._free),
                    meanwhile=show.loop.frame,
                )
                gc.collect()
                held.append((descriptors(), sum(not isinstance(one.mglo, moderngl.InvalidObject) for one in made)))
                held[-1] += (mappings(), len(show.children._memories), len(show.children._beside))
        assert held[0] == held[1]


def visit(show: Show, *, has_picture: bool) -> None:
    """A layer comes, with effects before and after its model, and goes."""
    fire(show, "/show/layer/add", "pattern")
    fire(show, "/layer/2/effect/add", "mirror")
    fire(show, "/layer/2/before/add", "mirror")
    layer = show.layers[1]
    show.queue.put_all({"/layer/2/mask": "moving", "/layer/2/model/steady": "on"})
    if has_picture:
        until(lambda: not (layer.is_awaited or layer.effects.is_idle), meanwhile=show.loop.frame)
        show.loop.frame()
    fire(show, "/show/layer/remove", "2")
    assert len(show.layers) == 1


def fire(show: Show, address: str, text: str) -> None:
    show.queue.put_change(Change(address, "fire", text=text))
    show.loop.frame()
    assert not any(show.structure.notices if show.structure else ()), show.structure


def children() -> list[str]:
    """The command lines of this process's sources, engines and what works beside them."""
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread or a process that has just ended
            for child in (task / "children").read_text().split():
                found.append(Path(f"/proc/{child}/cmdline").read_bytes().decode())
    return [line for line in found if not re.search("trial|vj.control", line)]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def mappings() -> int:
    """How many shared memories are mapped."""
    return sum("memfd:" in line for line in Path("/proc/self/maps").read_text().splitlines())


def _keeping(real: Callable[..., object], made: list[object]) -> Callable[..., object]:
    def keeping(*args: object, **options: object) -> object:
        made.append(real(*args, **options))
        return made[-1]

    return keeping
