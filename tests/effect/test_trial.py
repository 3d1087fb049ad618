"""Shaders tried in a process of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.waiting import until
from vj.base.frame import Size
from vj.effect.trial import Trials

SIZE = Size(16, 8)
ENDLESS = """
void main() {
    float x = 0.0;
    while (x > -1.0) x = fract(x + TIME + 0.1);
    gl_FragColor = vec4(x);
}
"""
LARGE = '{"PASSES": [{"TARGET": "a", "WIDTH": "2048", "HEIGHT": "2048"}]}'
"""Software renderers end a loop after some ten thousand turns, so that only a large picture takes them for ever."""


@pytest.fixture
def trials() -> Iterator[Trials]:
    made = Trials(longest=2.0)
    yield made
    made.close()


def test_each_shader_gets_its_verdict_whatever_the_others_do(trials: Trials, shader: Callable[..., Path]) -> None:
    good = shader("void main() { gl_FragColor = vec4(1.0); }")
    wrong = shader("void main() {\n gl_FragColor = 1.0;\n}", name="wrong.fs")
    no_isf = shader("", "nothing", name="no.fs")
    endless = shader(ENDLESS, LARGE, "endless.fs")
    found = trials.examine(good, good.parent, SIZE)
    assert (found.kind, found.error) == ("generator", "")
    assert found.ms > 0
    assert trials.examine(wrong, wrong.parent, SIZE).error.startswith("line 3: ")
    assert "isn't ISF" in trials.examine(no_isf, no_isf.parent, SIZE).error
    assert "no picture within 2 s" in trials.examine(endless, endless.parent, SIZE).error
    assert trials.examine(good, good.parent, SIZE).error == ""


def test_a_trial_can_be_cancelled(shader: Callable[..., Path]) -> None:
    endless = shader(ENDLESS, LARGE)
    trials = Trials(longest=1000.0)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(trials.examine, endless, endless.parent, SIZE)
        until(lambda: trials._process)
        trials.cancel()
        assert running.result(timeout=60).error
    trials.close()


def test_a_crash_costs_one_verdict(trials: Trials, shader: Callable[..., Path]) -> None:
    good = shader("void main() { gl_FragColor = vec4(1.0); }")
    assert trials.examine(good, good.parent, SIZE).error == ""
    process = trials._process
    assert process is not None
    process.kill()
    assert "crashed" in trials.examine(good, good.parent, SIZE).error
    assert trials.examine(good, good.parent, SIZE).error == ""
