"""Generators as sources, drawn in a context of their own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.source.conftest import Viewer
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import library
from vj.gl.context import headless
from vj.source.shader import Shader

Open = Callable[..., Viewer]
BOX = Size(64, 48)

PLAIN = """/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.25},
  {"NAME": "flash", "TYPE": "event"},
  {"NAME": "wall", "TYPE": "image"}]}*/
void main() {
  vec4 seen = IMG_NORM_PIXEL(wall, isf_FragNormCoord);
  gl_FragColor = vec4(level, isf_FragNormCoord.y, flash ? 1.0 : fract(TIME), 1.0);
  if (seen.a > 0.0) gl_FragColor.rgb = seen.rgb;
}"""
SEEN_THROUGH = """/*{"ISFVSN": "2"}*/
void main() { gl_FragColor = vec4(1.0, 0.5, 0.0, isf_FragNormCoord.x < 0.5 ? 0.0 : 0.5); }"""
FILTER = """/*{"ISFVSN": "2", "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/
void main() { gl_FragColor = IMG_THIS_PIXEL(inputImage); }"""


@pytest.fixture
def shaders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    folder = library("shaders")
    folder.mkdir(parents=True)
    written = {"plain": PLAIN, "through": SEEN_THROUGH, "tint": FILTER, "broken": PLAIN.replace("level,", "lvel,")}
    for name, text in written.items():
        (folder / f"{name}.fs").write_text(text)
    return folder


@contextmanager
def opened(name: str, clock: FakeClock, patient: bool = True) -> Iterator[Viewer]:
    """A source on the fake clock; a patient one needs no trial in another process."""
    source = Shader(name, BOX, 25.0, clock)
    source.patient = patient
    source.open()
    try:
        viewer = Viewer(source)
        viewer.values = {p.name: p.default for p in source.params_of(name) if p.kind != "trigger"}
        yield viewer
    finally:
        source.close()


@pytest.mark.usefixtures("shaders")
def test_a_generator_is_drawn_upright_at_the_rate_with_its_inputs_and_its_time(clock: FakeClock) -> None:
    with opened("plain", clock) as viewer:
        first = viewer.take()
        assert first.shape == (48, 64, 3)
        assert np.abs(first[..., 0].astype(int) - 64).max() <= 1
        assert first[0, 0, 1] > 250, "the top is the top"
        assert first[-1, 0, 1] < 5
        blues = [int(viewer.take()[0, 0, 2]) for _ in range(10)]
        assert blues == pytest.approx([255 * 0.04 * number for number in range(1, 11)], abs=1)
        assert np.diff(viewer.times) == pytest.approx(0.04)
        assert viewer.take(**{"plain/level": 1.0})[0, 0, 0] == 255
        assert viewer.alpha is None


@pytest.mark.usefixtures("shaders")
def test_its_speed_its_events_and_its_launch(clock: FakeClock) -> None:
    with opened("plain", clock) as viewer:
        viewer.take(speed=2.0)
        assert viewer.take(speed=-1.0)[0, 0, 2] == pytest.approx(255 * 0.08, abs=1)
        assert viewer.take()[0, 0, 2] == pytest.approx(255 * 0.04, abs=1)
        viewer.source.handle_trigger("plain/flash", 1.0)
        assert viewer.take()[0, 0, 2] == 255
        assert viewer.take()[0, 0, 2] < 100
        assert viewer.source.wait(viewer.values)
        assert (viewer.take() == viewer.take()).all(), "while it waits, its time stands still"
        assert not viewer.source.wait(viewer.values)
        viewer.source.launch(viewer.values)
        assert viewer.take()[0, 0, 2] == 0
        assert viewer.take()[0, 0, 2] == pytest.approx(255 * 0.04, abs=1)
        viewer.source.launch(viewer.values | {"clip/start": "continue"})
        assert viewer.take()[0, 0, 2] == pytest.approx(255 * 0.08, abs=1)


@pytest.mark.usefixtures("shaders")
def test_what_it_doesnt_cover_is_seen_through(clock: FakeClock) -> None:
    with opened("through", clock) as viewer:
        picture = viewer.take()
        assert viewer.alpha is not None
        assert np.abs(viewer.alpha[:, [0, -1]].astype(int) - (0, 128)).max() <= 1
        assert (picture[:, 0] == 0).all()
        assert np.abs(picture[:, -1].astype(int) - (128, 64, 0)).max() <= 1


def test_a_picture_of_the_library_is_read_upright(shaders: Path, clock: FakeClock) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24] = (250, 10, 20)
    (shaders.parent / "pictures").mkdir()
    Image.fromarray(picture).save(shaders.parent / "pictures" / "wall.png")
    with opened("plain", clock) as viewer:
        shown = viewer.take(**{"plain/wall": "wall.png"})
        assert np.array_equal(shown, picture)
        assert not np.array_equal(viewer.take(**{"plain/wall": "../shaders/plain.fs"}), picture)


@pytest.mark.usefixtures("shaders")
def test_two_runs_show_the_same(clock: FakeClock) -> None:
    runs = []
    for _ in range(2):
        with opened("plain", clock) as viewer:
            runs.append([viewer.take(speed=0.7).tobytes() for _ in range(5)])
    assert runs[0] == runs[1]


@pytest.mark.usefixtures("shaders")
def test_the_context_of_who_reads_it_stays_current(clock: FakeClock) -> None:
    ctx = headless()
    target = ctx.framebuffer([ctx.texture((4, 4), 4)])
    target.clear(1.0, 0.0, 0.0, 1.0)
    with opened("plain", clock) as viewer:
        viewer.take()
        target.clear(0.0, 1.0, 0.0, 1.0)
        assert target.read()[:3] == bytes((0, 255, 0))
    assert ctx.error == "GL_NO_ERROR"
    ctx.release()


@pytest.mark.usefixtures("shaders")
def test_only_generators_of_the_library_play() -> None:
    Shader.check("plain")
    with pytest.raises(BadInput, match=r"tint is a filter.*effects"):
        Shader.check("tint")
    for wrong in ("", "plian", "../plain", "/etc/passwd"):
        with pytest.raises(BadInput, match="plain"):
            Shader.check(wrong)
    assert Shader.params_of("plian") == Shader.params
    assert [param.name for param in Shader.params_of("plain")] == ["speed", "plain/level", "plain/flash", "plain/wall"]


@pytest.mark.usefixtures("shaders")
def test_one_that_doesnt_compile_says_where(clock: FakeClock) -> None:
    with pytest.raises(BadInput, match=r"broken: .*line 7"), opened("broken", clock):
        pass


def test_it_is_tried_first_and_a_newer_version_takes_over(shaders: Path, clock: FakeClock) -> None:
    with pytest.raises(BadInput, match=r"broken: .*line 7"), opened("broken", clock, patient=False):
        pass
    with opened("plain", clock, patient=False) as viewer:
        assert np.abs(viewer.take()[..., 0].astype(int) - 64).max() <= 1
        (shaders / "plain.fs").write_text(PLAIN.replace("vec4(level,", "vec4(1.0 - level,"))
        for _ in range(400):
            if viewer.take()[0, 0, 0] > 180:
                return
            time.sleep(0.02)
    pytest.fail("the newer version never came")
