"""Every mistake at the command line: one clear line with the bad value and the choices, status 2, no traceback."""

import socket
from pathlib import Path

import pytest

from tests.running import vj_fails

RUN = ("run", "--headless", "--size", "160x90", "--osc-port", "0", "--frames", "5")
PLAIN = ("--source", "pattern", "--model", "identity")

MISTAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "preset": (("run", "nowhere"), ("unknown preset 'nowhere'", "default")),
    "preset file": (("run", "/no/such.toml"), ("can't read preset '/no/such.toml'",)),
    "source": ((*RUN, "--source", "webcam"), ("unknown source 'webcam'", "camera", "pattern")),
    "camera": ((*RUN, "--source", "camera:Nowhere 3000", "--model", "identity"), ("Nowhere 3000",)),
    "missing clip": ((*RUN, "--source", "movie:/no/clip.mp4", "--model", "identity"), ("/no/clip.mp4",)),
    "missing picture": ((*RUN, "--source", "still:/no/a.png", "--model", "identity"), ("/no/a.png",)),
    "stream": ((*RUN, "--source", "stream:gopher://x", "--model", "identity"), ("gopher", "rtsp")),
    "model": ((*RUN, "--source", "pattern", "--model", "stile26"), ("unknown model 'stile26'", "style26")),
    "style": ((*RUN, *PLAIN[:2], "--set", "/layer/1/model/style=van_gogh"), ("unknown style 'van_gogh'", "starry")),
    "address": (
        (*RUN, *PLAIN, "--set", "/layer/1/opacty=1"),
        ("unknown address '/layer/1/opacty'", "/layer/1/opacity"),
    ),
    "range": ((*RUN, *PLAIN, "--set", "/master/opacity=1.5"), ("opacity takes 0..1, not 1.5",)),
    "size": ((*RUN[:2], "--size", "big"), ("size 'big'", "WIDTHxHEIGHT")),
    "record ending": ((*RUN, *PLAIN, "--record", "a.gif"), ("a.gif", ".mp4")),
    "record folder": ((*RUN, *PLAIN, "--record", "/no/where/a.mp4"), ("/no/where",)),
    "stats is a folder": ((*RUN, *PLAIN, "--stats", "/tmp"), ("/tmp", "folder")),
    "runtime": ((*RUN, "--source", "pattern", "--runtime", "abacus"), ("unknown runtime 'abacus'", "auto")),
    "stats folder": ((*RUN, *PLAIN, "--stats", "/no/where/s.json"), ("/no/where",)),
    "apply input": (("apply", "identity", "/no/a.png", "/tmp/b.png"), ("/no/a.png",)),
    "apply output": (("apply", "identity", __file__, "b.xyz"), ("b.xyz", ".mp4")),
    "fps": (("run", "--fps", "0"), ("--fps", "greater than or equal to 1", "not '0'")),
    "frames": (("run", "--frames=many"), ("--frames", "integer", "not 'many'")),
    "unknown option": (("run", "--fsp", "30"), ("--fsp", "--fps")),
    "unknown command": (("rum",), ("rum", "run")),
}


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_it_is_named(mistake: str) -> None:
    arguments, expected = MISTAKES[mistake]
    error = vj_fails(*arguments)
    for words in expected:
        assert words in error, error
    # on a slow machine it says what it does meanwhile
    (said,) = (line for line in error.strip().splitlines() if not line.startswith(("preparing ", "fetching ")))
    assert said.startswith("vj: "), "one clear line"


def test_a_clip_that_is_none(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"this is no film" * 100)
    assert str(clip) in vj_fails(*RUN, "--source", f"movie:{clip}", "--model", "identity")


def test_a_model_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"no network")
    assert "net.onnx" in vj_fails(*RUN, "--source", "pattern", "--model", str(file))


def test_a_busy_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", 0))
        port = str(busy.getsockname()[1])
        error = vj_fails(*RUN[:4], "--frames", "5", *PLAIN, "--osc-port", port)
    assert port in error
    assert "--osc-port" in error


def test_a_monitor_without_a_screen() -> None:
    error = vj_fails(
        "run",
        *PLAIN,
        "--osc-port",
        "0",
        "--query-port",
        "-1",
        "--monitor",
        "HDMI-7",
        env={"DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )
    assert "no screen" in error
