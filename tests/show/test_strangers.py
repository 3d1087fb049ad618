"""Senders that we didn't write play a whole show: Pure Data and liblo's oscsend."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Playing
from tests.show.test_controllers import SMALL, asked, until

pytestmark = pytest.mark.show

OSCSEND, PD = shutil.which("oscsend"), shutil.which("pd")
PATCH = """#N canvas 0 0 450 300 12;
#X obj 10 10 loadbang;
#X obj 10 40 t b b b b;
#X msg 10 200 disconnect;
#X msg 60 100 0.25;
#X obj 60 130 oscformat layer 1 model strength;
#X msg 160 100 symbol stretch;
#X obj 160 130 oscformat layer 1 fit;
#X msg 260 70 connect 127.0.0.1 {port};
#X obj 60 170 list prepend send;
#X obj 60 190 list trim;
#X obj 60 230 netsend -u -b;
#X msg 360 100 list + 2;
#X obj 360 130 oscformat clock bpm;
#X obj 10 260 delay 100;
#X msg 10 290 \\; pd quit;
#X connect 0 0 1 0;
#X connect 1 0 13 0;
#X connect 1 1 3 0;
#X connect 1 1 11 0;
#X connect 1 2 5 0;
#X connect 1 3 7 0;
#X connect 3 0 4 0;
#X connect 4 0 8 0;
#X connect 5 0 6 0;
#X connect 6 0 8 0;
#X connect 7 0 10 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
#X connect 11 0 12 0;
#X connect 12 0 8 0;
#X connect 13 0 14 0;
"""
"""On loading it sends a float, a symbol and a list to the show, and quits."""


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    show = Playing(tmp_path_factory.mktemp("show"), *SMALL, "--source", "pattern", "--model", "identity")
    yield show.wait_until_up()
    show.close()


@pytest.mark.skipif(not PD, reason="pd (puredata-core) is not installed")
def test_pure_data(playing: Playing, tmp_path: Path) -> None:
    patch = tmp_path / "play.pd"
    patch.write_text(PATCH.format(port=playing.port))
    command = [str(PD), "-nogui", "-batch", "-noaudio", "-nomidi", str(patch)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=100, check=True)
    assert not re.search("error", done.stderr), done.stderr
    until(lambda: asked(playing, "/layer/1/model/strength") == [0.25], "a float")
    until(lambda: asked(playing, "/layer/1/fit") == ["stretch"], "a symbol")
    until(lambda: asked(playing, "/clock/bpm") == [122.0], "a list")


@pytest.mark.skipif(not OSCSEND, reason="oscsend (liblo-tools) is not installed")
def test_oscsend(playing: Playing) -> None:
    for words in (("/layer/1/opacity", "si", "-", "1"), ("/master/blackout", "s", "toggle"), ("/macro/2", "f", "nan")):
        subprocess.run([str(OSCSEND), "127.0.0.1", str(playing.port), *words], check=True, timeout=100)
    until(lambda: asked(playing, "/layer/1/opacity") == [0.0], "a step down")
    until(lambda: asked(playing, "/master/blackout") == [True], "a toggle")
    report = playing.stop()
    assert report["osc"]["refused"] == 1, "what is not a number"
    assert report["osc"]["last_refused"] == "OSC argument nan is not finite"
    assert report["osc"]["unknown"] == 0
