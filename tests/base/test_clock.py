"""The clock that all processes share, and the pacing that goes by it."""

import ast
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.folders import VJ as ROOT
from tests.running import vj
from tests.without import first_of_all

STEP = 1 / 64
"""Seconds from one value of Windows's monotonic clock to the next."""
COARSE = f"""
import math, time

exact = time.monotonic
time.monotonic = lambda: math.floor(exact() / {STEP}) * {STEP}
time.monotonic_ns = lambda: int(time.monotonic() * 1e9)
"""


def other_clocks(file: Path) -> Iterator[str]:
    """Where ``file`` reads the monotonic time, or the time of day, past `vj.base.clock.now`."""
    forbidden = ("monotonic", "monotonic_ns", "time", "time_ns")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
            if node.attr in forbidden:
                yield f"{file.name}:{node.lineno} time.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"{file.name}:{node.lineno} {name.name}" for name in node.names if name.name in forbidden)


def test_all_read_the_one_clock(tmp_path: Path) -> None:
    assert [found for file in ROOT.rglob("*.py") for found in other_clocks(file)] == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import time\nfrom time import monotonic\ntime.time()\ntime.sleep(time.perf_counter())\n")
    assert len(list(other_clocks(wrong))) == 2


def steps(seconds: np.ndarray) -> float:
    """The share of ``seconds`` that are whole steps of the coarse clock, within the 0.02 ms of a film's time stamps."""
    return float((np.abs(seconds / STEP - np.round(seconds / STEP)) * STEP < 2e-5).mean())


@pytest.mark.show
def test_a_show_keeps_time_where_the_systems_monotonic_clock_is_coarse(tmp_path: Path) -> None:
    import av

    film, stats = tmp_path / "out.mp4", tmp_path / "s.json"
    show = ("--headless", "--size", "320x180", "--fps", "60", "--source", "pattern", "--model", "identity")
    files = ("--record", str(film), "--stats", str(stats))
    vj("run", *show, "--frames", "180", "--osc-port", "0", *files, env=first_of_all(tmp_path / "coarse", COARSE))
    with av.open(str(film)) as opened:
        shown = [float(packet.pts * packet.time_base) for packet in opened.demux(video=0) if packet.pts is not None]
    between = np.array([later - earlier for earlier, later in pairwise(sorted(shown))])
    assert steps(between) < 0.2, "frames are paced by the coarse clock"
    report = json.loads(stats.read_text())
    measured = [*report["latency_ms"].values(), *report["display"]["frame_ms"].values()]
    assert steps(np.array(measured) / 1e3) < 1.0, measured
    source = report["layers"][0]["source"]["parts_ms"]
    assert 0.0 < source["slot"] < STEP * 1e3, "handing a picture over takes some microseconds"
