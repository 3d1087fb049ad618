"""Which files of vj/ a message and a frame cross: run as a process of its own, under a profiler; prints JSON.

A file counts when one of its functions is given the value (or the picture), or returns it; base/ doesn't count. The
show, its OSC port, and what the source's process and the engine's run are the real ones; those two run here, in turn.
"""

import gc
import json
import socket
import struct
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import numpy as np

import vj
from tests.waiting import until
from vj.base.clock import now
from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.shared_params import SharedParams
from vj.gl.program import Pass
from vj.model.engine.engine import main as engine
from vj.model.files.library import shared_values
from vj.preset.layer_plan import bank_of
from vj.preset.preset import load
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show
from vj.source import SOURCES
from vj.source.host import main as source

ROOT = str(Path(vj.__file__).parent) + "/"
STRENGTH, VALUE = "/layer/1/model/strength", 0.59375
PACKED = struct.pack(">f", VALUE)
SIZE = Size(320, 180)
PICTURES = ("Frame", "PictureTexture", "Canvas", "Texture", "Framebuffer", "Tensor")
PRESET = '[output]\nsize = "320x180"\nmodel_size = "320x180"\n[[layer]]\nsource = "pattern"\nmodel = "style26"\n'


def is_message(thing: object, depth: int = 3) -> bool:
    """Whether it is the value, the packet that holds it, or a collection with it."""
    if isinstance(thing, float):
        return thing == VALUE
    if isinstance(thing, bytes | bytearray | memoryview):
        return len(thing) < 4096 and PACKED in bytes(thing)
    if isinstance(thing, Mapping) and depth:
        if STRENGTH in thing and is_message(thing[STRENGTH], depth - 1):
            return True
        return len(thing) <= 32 and any(is_message(inner, depth - 1) for inner in list(thing.values()))
    return (
        isinstance(thing, tuple | list | deque)
        and depth > 0
        and len(thing) <= 32
        and any(is_message(inner, depth - 1) for inner in list(thing))
    )


def is_picture(thing: object, depth: int = 2) -> bool:
    """Whether it is a picture, in memory or on the graphics card, or a collection with one."""
    if isinstance(thing, np.ndarray):
        return thing.ndim >= 2 and thing.size >= 100 * 100
    if isinstance(thing, memoryview):
        return thing.nbytes >= 3 * 100 * 100
    if type(thing).__name__ in PICTURES:
        return True
    if isinstance(thing, tuple | list | dict) and depth:
        inner = thing.values() if isinstance(thing, dict) else thing
        return len(thing) <= 32 and any(is_picture(part, depth - 1) for part in inner)
    return False


class Crossed:
    """A profiler: the files that handled what ``test`` knows."""

    def __init__(self, test: Callable[[object], bool]) -> None:
        self.files: set[str] = set()
        self._test, self._on = test, False

    def __enter__(self) -> "Crossed":
        self._on = True
        threading.setprofile(self)
        sys.setprofile(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._on = False
        threading.setprofile(None)
        sys.setprofile(None)

    def __call__(self, frame: FrameType, event: str, returned: object) -> None:
        if not self._on or event not in ("call", "return") or not frame.f_code.co_filename.startswith(ROOT):
            return
        code = frame.f_code
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        given = (frame.f_locals.get(name) for name in code.co_varnames[:count] if name != "self")
        if any(map(self._test, given)) if event == "call" else self._test(returned):
            self._note(frame)
            self._note(frame.f_back)

    def _note(self, frame: FrameType | None) -> None:
        if frame and frame.f_code.co_filename.startswith(ROOT):
            file = frame.f_code.co_filename.removeprefix(ROOT)
            if not file.startswith("base/"):
                self.files.add(file)


class Pipe:
    """To a parent that ends the child once ``is_done`` says so."""

    def __init__(self, is_done: Callable[[], bool]) -> None:
        self.is_set, self.stopping = is_done, self

    def commands(self) -> list[object]:
        return []

    def tell(self, **status: object) -> None:
        pass


def show() -> Show:
    path = Path(tempfile.mkdtemp()) / "p.toml"
    path.write_text(PRESET, encoding="utf-8")
    return Show(load(str(path)), Options(headless=True, network_options=UNLISTED, autosave=0.0))


def osc(address: str) -> bytes:
    def padded(text: bytes) -> bytes:
        return text + b"\0" * (4 - len(text) % 4)

    return padded(address.encode()) + padded(b",f") + PACKED


def message() -> set[str]:
    """Of one OSC float, until the uniform has its value."""
    with show() as playing, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        loop, crossed = playing.loop, Crossed(is_message)
        loop.step.begin(now())
        playing.stats.start()
        until(lambda: playing.layers[0].rung == "model", meanwhile=loop.frame)
        receiver = playing.controllers.osc
        receiver._call(lambda: sys.setprofile(crossed))  # it runs already
        with crossed:
            sender.sendto(osc(STRENGTH), ("127.0.0.1", receiver.port))
            passes = [thing for thing in gc.get_objects() if isinstance(thing, Pass)]
            until(lambda: any(drawn._set.get("amount") == VALUE for drawn in passes), meanwhile=loop.frame)
    return crossed.files


def frame() -> set[str]:
    """Of one picture: in the source's process, in the engine's and on the display."""
    crossed = Crossed(is_picture)
    pictures = LatestFrame.create(*SIZE, readers=6)
    values = SharedParams(SOURCES["pattern"].shared_params())
    with crossed:
        _end = Pipe(lambda: pictures.published > 0)
        source(_end, "pattern", "", SIZE, 30.0, pictures.describe(), values.describe())  # type: ignore[arg-type]
    _engine(crossed, pictures)
    with show() as playing:
        loop = playing.loop
        loop.step.begin(now())
        playing.stats.start()
        layer = playing.layers[0]
        until(lambda: layer.rung == "model", meanwhile=loop.frame)
        given, made = layer.pictures.source_captured or 0.0, layer.pictures.result_captured
        with crossed:  # until new pictures of both came, however busy the machine is
            until(
                lambda: (layer.pictures.source_captured or 0.0) > given and layer.pictures.result_captured > made,
                meanwhile=loop.frame,
            )
            loop.frame()
    return crossed.files


def _engine(crossed: Crossed, pictures: LatestFrame) -> None:
    """Two pictures unwatched, while all is prepared and optimised; then one."""
    results, bank = LatestFrame.create(2048, 2048, readers=1), bank_of(["style26"])[0]
    values, writer = shared_values(list(bank)), pictures.writer()
    values.write({"model": "style26"})

    def is_done() -> bool:
        if results.published >= 2 and not crossed._on:
            crossed.__enter__()
        writer.begin(SIZE.height, SIZE.width)[:] = 90
        writer.publish(now())
        return results.published >= 3

    jobs = [entry.to_job() for entry in bank]
    how = ("auto", SIZE, SIZE, [pictures.describe()], 1, results.describe(), values.describe())
    engine(Pipe(is_done), ["style26"], jobs, *how)  # type: ignore[arg-type]
    crossed.__exit__()


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"message": sorted(message()), "frame": sorted(frame())}))
