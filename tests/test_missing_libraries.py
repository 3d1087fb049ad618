"""What the real commands do on machines that lack a library: one line that helps, and the rest of the show plays."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.running import finished, start_vj, vj, vj_fails
from tests.without import not_installed, not_loadable
from tests.xserver import Screens
from vj.base.packages import install_command

NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
SHOW = """
import json, sys, time
from vj.show.controllers import UNLISTED
from vj.preset import preset
from vj.show.show import Options, Show

chosen = preset.load("default").with_first_layer("pattern", ["identity"])
values = {"/audio/device": "loopback"} if sys.argv[1] == "sound" else {}
deadline = time.perf_counter() + 100
with Show(chosen, Options(headless=True, network_options=UNLISTED, autosave=0.0, values=values)) as show:
    child = show.controllers.audio.child if sys.argv[1] == "sound" else show.controllers.midi.child

    def going():
        settled = (child.state == "unavailable" or child.info.get("notice")) and show.stats.presented > 90
        return not settled and time.perf_counter() < deadline

    show.loop.run(going)
    notices = [notice for notice in show.controllers.notices() if notice]
    told = {"frames": show.stats.presented, "shows": show.layers[0].rung, "notices": notices}
    print(json.dumps({**told, "state": child.state, "restarts": child.restarts}))
"""
ALSA = "ImportError('libasound.so.2: cannot open shared object file: No such file or directory')"


def played(what: str, env: dict[str, str]) -> dict[str, Any]:
    """A short show under ``env``: what it showed, and how the child for ``what`` (midi, sound) is."""
    command = [sys.executable, "-c", SHOW, what]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def below(said: str, heading: str) -> str:
    """The one line below a heading of `vj devices`."""
    match = re.search(rf"^{heading}\n  (.*)\n(?!  )", said, re.M)
    assert match, said
    return match[1]


MIDI_FIX = f"no MIDI: python-rtmidi is not installed; fix: {install_command('python-rtmidi')}"


@pytest.mark.show
def test_a_show_without_the_midi_library_plays_and_says_so_once(tmp_path: Path) -> None:
    report = played("midi", not_installed(tmp_path / "lacking", "rtmidi", "mido"))
    assert report == {**report, "shows": "model", "notices": [MIDI_FIX], "state": "unavailable", "restarts": 0}


@pytest.mark.show
def test_so_does_one_whose_midi_library_cannot_be_loaded(tmp_path: Path) -> None:
    report = played("midi", not_loadable(tmp_path / "lacking", "rtmidi", ALSA))
    (notice,) = report["notices"]
    assert re.fullmatch(r"no MIDI: libasound\.so\.2: cannot open .*; fix: apt install libasound2", notice)
    assert report == {**report, "shows": "model", "state": "unavailable", "restarts": 0}


@pytest.mark.parametrize("module", ["rtmidi", "mido"])
def test_devices_and_doctor_say_so_in_a_line(tmp_path: Path, module: str) -> None:
    env = {**NO_SCREEN, **not_installed(tmp_path / "lacking", module)}
    package = {"rtmidi": "python-rtmidi", "mido": "mido"}[module]
    line = f"no MIDI: {package} is not installed; fix: {install_command(package)}"
    assert below(vj("devices", env=env), "MIDI") == f"none: {line}"
    process = start_vj("doctor", env=env)
    said, err = finished(process)
    assert re.search(rf"^without MIDI: {re.escape(line)}$", said, re.M)
    assert "Traceback" not in err


SOUND_FIX = "no audio: PortAudio library not found; fix: apt install libportaudio2"


@pytest.mark.show
def test_a_show_without_portaudio_plays_and_says_what_to_install(tmp_path: Path) -> None:
    report = played(
        "sound", not_loadable(tmp_path / "lacking", "sounddevice", "OSError('PortAudio library not found')")
    )
    assert f"sound: {SOUND_FIX}" in report["notices"]
    assert report == {**report, "shows": "model", "state": "running", "restarts": 0}


def test_devices_and_doctor_say_what_sound_lacks(tmp_path: Path) -> None:
    env = {**NO_SCREEN, **not_loadable(tmp_path / "lacking", "sounddevice", "OSError('PortAudio library not found')")}
    assert below(vj("devices", env=env), "Sound inputs") == f"none: {SOUND_FIX}"
    process = start_vj("doctor", env=env)
    said, err = finished(process)
    assert re.search(rf"^without sound input: {re.escape(SOUND_FIX)}$", said, re.M)
    assert "Traceback" not in err


def test_a_package_that_is_not_installed_is_told_from_a_library_that_is_missing(tmp_path: Path) -> None:
    env = {**NO_SCREEN, **not_installed(tmp_path / "lacking", "sounddevice")}
    line = f"none: no audio: sounddevice is not installed; fix: {install_command('sounddevice')}"
    assert below(vj("devices", env=env), "Sound inputs") == line


RUN = ("run", "--source", "pattern", "--model", "identity", "--frames", "3", "--osc-port", "0")


def not_libraries(folder: Path, *names: str) -> dict[str, str]:
    """The environment in which the system's libraries of those names can't be loaded: what is found first is none."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("this is no library")
    return {"LD_LIBRARY_PATH": str(folder)}


@pytest.fixture
def no_opengl(tmp_path: Path) -> dict[str, str]:
    names = [f"lib{name}.so{end}" for name in ("EGL", "GL", "GLX", "OpenGL") for end in ("", ".0", ".1")]
    return {**NO_SCREEN, **not_libraries(tmp_path / "gl", *names)}


def one_line(said: str) -> str:
    assert re.fullmatch(r"vj: .*\n", said), said
    return said


def test_without_opengl_a_show_without_a_window_says_what_to_install(no_opengl: dict[str, str]) -> None:
    said = one_line(vj_fails(*RUN, "--headless", env=no_opengl))
    assert re.search(r"libE?GL\.so.* not loaded; on Debian: apt install libegl1 libgl1", said)


def test_without_opengl_no_window_opens_and_the_reason_is_said(no_opengl: dict[str, str], screens: Screens) -> None:
    said = one_line(vj_fails(*RUN, env={**no_opengl, **screens.env}))
    assert re.search(r"no window with OpenGL 3\.3 could be opened: GLX: .*; use --headless", said)


def test_doctor_and_devices_work_without_opengl(no_opengl: dict[str, str]) -> None:
    process = start_vj("doctor", env=no_opengl)
    said, err = finished(process)
    assert process.returncode == 1, "without OpenGL there is no show"
    assert "Traceback" not in err
    assert re.search(r"^missing OpenGL: .*\n +fix: apt install libegl1 libgl1", said, re.M)
    assert below(vj("devices", env=no_opengl), "Monitors").startswith("none: ")


GLFW = {
    "not installed": f"no window: glfw is not installed; fix: {install_command('glfw')}, or use --headless",
    "not loadable": "no window: Failed to load GLFW3 shared library; fix: apt install libglfw3, or use --headless",
}


@pytest.fixture(params=GLFW)
def no_glfw(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, str], str]:
    """An environment with a screen and without glfw, and the line that says so."""
    screen = {"DISPLAY": ":987", "WAYLAND_DISPLAY": ""}
    if request.param == "not installed":
        return {**screen, **not_installed(tmp_path / "lacking", "glfw")}, GLFW[request.param]
    missing = tmp_path / "libglfw.so"
    missing.write_text("this is no library")
    return {**screen, "PYGLFW_LIBRARY": str(missing)}, GLFW[request.param]


def test_without_glfw_no_window_opens_and_the_reason_is_said(no_glfw: tuple[dict[str, str], str]) -> None:
    env, line = no_glfw
    assert one_line(vj_fails(*RUN, env=env)) == f"vj: {line}\n"
    assert below(vj("devices", env=env), "Monitors") == f"none: {line}"
    process = start_vj("doctor", env=env)
    said, err = finished(process)
    assert re.search(rf"^without screen: {re.escape(line)}$", said, re.M)
    assert "Traceback" not in err


@pytest.mark.show
def test_without_glfw_a_show_without_a_window_plays(no_glfw: tuple[dict[str, str], str]) -> None:
    assert "3 frames" in vj(*RUN, "--headless", env=no_glfw[0])
