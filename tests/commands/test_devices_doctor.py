"""The commands that tell: what is plugged in, what is missing, what can be turned, which models there are."""

import os
import re
import sys
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from tests.running import finished, start_vj, vj, vj_fails
from tests.without import not_installed
from tests.xserver import Screens
from vj.base.errors import Unavailable
from vj.commands import devices, doctor
from vj.model.files import library, listing, weights
from vj.model.runtime import cards, compiler, libraries, processor
from vj.preset import preset as presets
from vj.source import SOURCES, hardware_decoder

NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
DEBIAN = Path(__file__).parents[2] / "vj" / "commands" / "debian.txt"


def listed_packages() -> dict[str, str]:
    """Debian package → what for, read independently of the code."""
    rows = [line.split() for line in DEBIAN.read_text().splitlines() if not line.startswith("#")]
    return {row[0]: row[1] for row in rows}


def section(said: str, heading: str) -> list[str]:
    """The indented lines below a heading."""
    below = said.split(f"{heading}\n", 1)[1]
    return [line.strip() for line in re.match(r"(?:  .*\n?)*", below)[0].splitlines()]  # type: ignore[index]


def test_devices_names_the_monitors(screens: Screens) -> None:
    said = vj("devices", env=screens.env)
    assert section(said, "Monitors") == ["DUMMY0  1280x720 at 0,0, 60 Hz", "DUMMY1  1024x768 at 1280,0, 60 Hz"]


def test_devices_says_why_there_is_none() -> None:
    said = vj("devices", env=NO_SCREEN)
    assert section(said, "Monitors") == ["none: no screen that a window could be opened on; use --headless"]
    for heading in ("Cameras", "Sound inputs", "MIDI"):
        assert section(said, heading), f"{heading} says nothing at all"


def test_doctor_names_the_monitors(screens: Screens) -> None:
    said = vj("doctor", env=screens.env)
    assert re.search(r"^ok +screen: DUMMY0, DUMMY1$", said, re.M)
    assert re.search(r"^ok +OpenGL: \S+", said, re.M)


def test_doctor_says_what_mends_what_is_missing() -> None:
    said = vj("doctor", env=NO_SCREEN)
    assert re.search(r"^without screen: .*\n +fix: vj run --headless --record show\.mp4$", said, re.M)
    for fix in re.findall(r"apt install (.*)", said):
        named = [word for word in fix.split() if not word.startswith("-")]
        assert set(named) <= set(listed_packages())


def test_doctor_works_without_a_package_index_and_without_weights(tmp_path: Path) -> None:
    env = {**NO_SCREEN, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), "PIP_NO_INDEX": "1"}
    process = start_vj("doctor", env=env)
    said, err = finished(process)
    assert process.returncode == 0, err
    assert re.search(r"^without weights multistyle26\.onnx: not fetched yet\n +fix: vj models fetch", said, re.M)


@pytest.mark.parametrize("purpose", ["show", "test"])
def test_the_apt_line_names_the_listed_packages_and_no_others(monkeypatch: pytest.MonkeyPatch, purpose: str) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    findings = {finding.subject: finding for finding in doctor._system_libraries()}
    finding = findings[f"system packages ({purpose})"]
    wanted = [name for name, what_for in listed_packages().items() if what_for == purpose]
    assert not finding.ok
    assert finding.fix == "apt install --no-install-recommends " + " ".join(wanted)


def test_packages_of_this_architecture_count_as_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os.path, "exists", lambda path: path.endswith((f":{doctor._architecture()}.list", "xvfb.list")))
    found = list(doctor._system_libraries())
    assert found
    assert not [finding.subject for finding in found if not finding.ok]


def test_without_dpkg_it_does_not_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert not list(doctor._system_libraries())


def test_no_opengl_is_no_show_and_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise Unavailable("no OpenGL 3.3 context: libEGL.so not loaded")

    monkeypatch.setattr("vj.gl.context.headless", fail)
    finding = doctor._graphics()
    assert finding.needed
    assert not finding.ok
    assert "libEGL" in finding.detail
    named = finding.fix.removeprefix("apt install ").split()
    assert {"libegl1", "libgl1-mesa-dri"} <= set(named) <= set(listed_packages())


def test_a_missing_package_is_mended_by_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_of_it(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", none_of_it)
    findings = {finding.subject: finding for finding in doctor._packages()}
    assert findings["av"].needed
    assert findings["av"].fix.endswith("-m pip install av")


@pytest.mark.parametrize("missing", [{"openvino"}, {"openvino", "onnxruntime"}, {"torch"}])
def test_any_runtime_will_do(monkeypatch: pytest.MonkeyPatch, missing: set[str]) -> None:
    monkeypatch.setattr(libraries, "why_not", lambda name: f"{name} is not installed" if name in missing else "")
    findings = {finding.subject: finding for finding in doctor._runtimes()}
    assert {name for name, finding in findings.items() if not finding.ok} == missing
    assert not any(finding.needed for finding in findings.values())
    assert all(findings[name].fix.endswith(f"-m pip install {name}") for name in missing)


def test_no_runtime_at_all_is_no_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "why_not", lambda name: f"{name} is not installed")
    found = list(doctor._runtimes())
    assert len(found) > 2
    assert all(finding.needed and not finding.ok for finding in found)


def test_where_there_are_no_wheels_of_openvino_nobody_is_told_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "why_not", lambda name: "openvino is not installed" if name == "openvino" else "")
    monkeypatch.setattr(libraries.sys, "platform", "darwin")
    monkeypatch.setattr(libraries.platform, "machine", lambda: "x86_64")
    (finding, *_) = doctor._runtimes()
    assert not finding.fix
    assert "no wheels for this system" in finding.detail


def test_a_card_that_torch_cannot_use_is_mended_by_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "nvidia_card", lambda: cards.Card("cuda", "NVIDIA T4", "580.1"))
    monkeypatch.setattr(cards, "torch_build", lambda: libraries.TorchBuild("2.13.0+cpu"))
    finding = doctor._card()
    assert not finding.ok
    assert finding.detail == "NVIDIA T4 is here, but torch 2.13.0+cpu was built without CUDA"
    assert "--torch-backend=auto torch" in finding.fix


def test_models_says_why_networks_are_not_compiled_for_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "trouble", lambda: "Triton is not installed")
    assert not [line for line in listing.runtimes() if "compiled" in line], "there is no card"
    monkeypatch.setattr(cards, "cards", lambda: [cards.Card("cuda", "NVIDIA T4", "580.1")])
    assert "networks run on the card as they are, not compiled: Triton is not installed" in listing.runtimes()


def test_the_processor_is_named_with_its_number_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_features", lambda: frozenset({"sse4_1", "avx", "avx2"}))
    monkeypatch.setattr(processor, "is_x86", lambda: True)
    assert "8-bit integers with kernels of 7 bits" in doctor._processor().detail


@pytest.mark.parametrize("command", [("models",), ("doctor",), ("devices",)])
@pytest.mark.parametrize("missing", [("openvino",), ("openvino", "onnxruntime"), ("openvino", "onnxruntime", "torch")])
def test_commands_work_without_runtimes_and_say_what_is_missing(
    command: tuple[str, ...], missing: tuple[str, ...], tmp_path: Path
) -> None:
    process = start_vj(*command, env={**NO_SCREEN, **not_installed(tmp_path / "lacking", *missing)})
    out, err = finished(process)
    assert "Traceback" not in err
    assert process.returncode in (0, 1)
    if command != ("devices",):
        for name in missing:
            assert f"{name} is not installed" in out


def test_devices_explains_the_sources() -> None:
    rows = dict(line.split(maxsplit=1) for line in section(vj("devices", env=NO_SCREEN), "Sources"))
    assert rows == {name: source.help for name, source in SOURCES.items()}


def test_devices_and_doctor_say_what_decodes_films() -> None:
    (said, *_) = section(vj("devices", env=NO_SCREEN), "Films")
    assert re.match(r"decoded by the processor \(no hardware decoder opens: .+\)$|\w+ decodes H\.264", said)
    assert re.search(rf"^ok +films: {re.escape(said)}", vj("doctor", env=NO_SCREEN), re.M)


@pytest.mark.parametrize(
    ("troubles", "said"),
    [
        ({}, ["decoded by the processor (no hardware decoder opens: FFmpeg was built for none)"]),
        (
            {"cuda": "its driver is missing", "vaapi": "it does not open: Input/output error"},
            [
                "decoded by the processor (no hardware decoder opens: cuda: its driver is missing; "
                "vaapi: it does not open: Input/output error)"
            ],
        ),
        (
            {"cuda": "its driver is missing", "vaapi": ""},
            [
                "vaapi decodes H.264, HEVC of 1280x720 or more",
                "decoded by the processor: all other films, and those that the hardware refuses",
                "cuda is not used: its driver is missing",
            ],
        ),
    ],
)
def test_the_decoders_that_films_get(
    monkeypatch: pytest.MonkeyPatch, troubles: dict[str, str], said: list[str]
) -> None:
    monkeypatch.setattr(hardware_decoder, "devices", lambda: list(troubles))
    monkeypatch.setattr(hardware_decoder, "trouble", troubles.__getitem__)
    monkeypatch.setattr(hardware_decoder, "decodable", lambda device: ["H.264", "HEVC"])
    assert devices.films() == said


def test_without_pyav_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av.codec.hwaccel", None)
    finding = doctor._from("films", devices.films, "")
    assert not finding.ok
    assert "films need PyAV" in finding.detail
    assert finding.detail.endswith("-m pip install av")


def test_params_prints_every_address_with_range_default_and_help() -> None:
    said = vj("params")
    assert said.split()[:5] == ["address", "type", "range", "default", "help"]
    rows = {line.split()[0]: line for line in said.splitlines() if line.startswith("/")}
    table = presets.load("default").table()
    assert list(rows) == list(table)
    for address, param in table.items():
        assert param.help
        assert param.help in rows[address]
        if param.kind == "choice":
            assert all(entry in re.sub(r"\s", "", said) for entry in param.choices)
        else:
            assert param.range in rows[address]
        assert f" {param.written_default} " in rows[address]


def test_params_of_an_unknown_preset_names_the_choices() -> None:
    said = vj_fails("params", "defualt")
    assert "did you mean 'default'" in said
    assert all(name in said for name in presets.available())


def test_models_lists_each_with_its_licence_and_whether_it_is_here(style26_path: Path) -> None:
    measured = r"\S+ at \d+x\d+: |runtimes here|the cache "
    lines = [line for line in vj("models").splitlines()[1:] if not re.match(measured, line)]
    rows = {line.split()[0]: line for line in lines}  # without what was measured on this machine
    assert set(rows) == set(library.known())
    assert re.search(r"0\.8 MB +here +Apache-2\.0 +26 painting styles", rows["style26"])


def test_models_says_what_is_still_to_be_fetched(tmp_path: Path) -> None:
    said = vj("models", env={"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert re.search(r"^style26 .*fetched on first use", said, re.M)


def test_fetch_brings_models_and_what_finds_people(style26_path: Path) -> None:
    weights.fetch(weights.PARTS["people"], lambda doing, part: None)
    said = vj("models", "fetch", "style26", "people").splitlines()
    assert said == [f"style26: {style26_path}", f"people: {weights.ASSETS[weights.PARTS['people']].path}"]
    assert "unknown model 'peple'" in vj_fails("models", "fetch", "peple")


def test_licences_credits_everything_bundled_and_fetched() -> None:
    said = vj("models", "--licences")
    for asset in weights.ASSETS.values():
        row = next(line for line in said.splitlines() if line.startswith(asset.name))
        assert all(told in row for told in (asset.package, asset.version, asset.licence, asset.credit))
    root = Path(__file__).parents[2]
    rooms = [(root / "presets" / room).iterdir() for room in ("clips", "keyframes", "models", "paintings")]
    media = {str(path.relative_to(root)) for room in rooms for path in room if path.suffix != ".toml"}
    named = {path for bundled in weights.BUNDLED for path in media if fnmatch(path, bundled.path)}
    assert media == named, "something bundled has no licence"
    for bundled in weights.BUNDLED:
        row = next(line for line in said.splitlines() if line.startswith(bundled.path))
        assert bundled.licence in row
        assert bundled.credit in row
