"""The controllers' data files: sound, without contradictions, and right about their makers' numbers."""

import pytest

from vj.base.errors import BadInput
from vj.control.midi.mapping import check
from vj.control.midi.profile import PROFILES, Profile, load, profile_of, profiles
from vj.params.param import ParamTable, trigger

EVERY = pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
NAMES = {
    "nanoKONTROL2:nanoKONTROL2 MIDI 1": "nanoKONTROL2",
    "nanoKONTROL2 SLIDER/KNOB": "nanoKONTROL2",
    "APC40 mkII:APC40 mkII MIDI 1": "APC40 mk2",
    "Launchpad Mini:Launchpad Mini MIDI 1": "Launchpad Mini",
    "Launchpad Mini MK3 LPMiniMK3 MIDI": "Launchpad Mini MK3",
    "MIDI Mix:MIDI Mix MIDI 1": "MIDImix",
    "Grandmother's keyboard": "generic",
}


@pytest.mark.parametrize(("port", "name"), NAMES.items())
def test_ports_are_known_by_their_systems_names(port: str, name: str) -> None:
    assert profile_of(port).name == name


@EVERY
def test_no_control_stands_in_two_rows(profile: Profile) -> None:
    every = [control for row in profile.control for _, control in row.controls()]
    assert len(every) == len(set(every))
    assert profile.source


@EVERY
def test_numbers_are_midi(profile: Profile) -> None:
    for row in profile.control:
        assert all(0 <= number <= 127 for number in (*row.numbers, row.on, row.off, row.blink))
        assert all(1 <= channel <= 16 for channel in row.channels)
    for greeting in profile.greetings():
        assert (greeting[0], greeting[-1]) == (0xF0, 0xF7)
        assert max(greeting[1:-1]) < 128


@EVERY
def test_defaults_are_for_every_show_and_work(profile: Profile, table: ParamTable) -> None:
    table.declare("/layer/1/bank", [trigger(str(number), help="") for number in range(1, 9)])
    table.declare("/cue", [trigger("go", help=""), trigger("back", help="")])
    table.declare("/clock", [trigger("tap", help="")])
    defaults = profile.defaults(table, "port")
    for binding in defaults:
        check(binding, table)
    reached = {binding.address for binding in defaults}
    assert reached & {"/macro/1", "/snapshot/1"}


GRIDS = {"Launchpad Mini": 5, "Launchpad Mini MK3": 5, "APC40 mk2": 4}
"""How many layers have a row of clips."""


@EVERY
def test_grids_have_a_row_for_each_layer_and_one_for_columns(profile: Profile) -> None:
    shown = with_clips(layers=8)
    reached: dict[str, list[tuple[int, int]]] = {}
    for binding in profile.defaults(shown, "port"):
        row, _, place = binding.address.rpartition("/")
        reached.setdefault(row, []).append((int(place), binding.number))
    layers = GRIDS.get(profile.name, 0)
    assert set(reached) == ({f"/layer/{layer + 1}/clip" for layer in range(layers)} | {"/column"} if layers else set())
    for row, places in reached.items():
        assert [place for place, _ in places] == list(range(1, 9))
        if row != "/column" or "Launchpad" in profile.name:  # side by side
            assert [number - places[0][1] for _, number in places] == list(range(8))


@EVERY
def test_clips_tell_whether_they_play_wait_or_exist(profile: Profile) -> None:
    for row in profile.control:
        if "/clip/" in row.address:
            assert row.light == "led"
            assert len({row.on, row.off, row.blink, row.dim}) == 4


def with_clips(layers: int) -> ParamTable:
    table = ParamTable()
    launches = [trigger(str(place), launch=True, help="") for place in range(1, 17)]
    for layer in range(1, layers + 1):
        table.declare(f"/layer/{layer}/clip", launches)
    table.declare("/column", launches)
    return table


@EVERY
def test_an_empty_show_has_no_defaults(profile: Profile) -> None:
    assert profile.defaults(ParamTable(), "port") == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = 'x'", "ports is missing"),
        (
            "name = 'x'\nports = ['x']\nsource = ''\ncontrol = []\ncolour = 3",
            "unknown key 'colour'; choices: name, ports",
        ),
        ("name = ", "Invalid value"),
    ],
)
def test_a_file_that_is_no_profile_is_named(tmp_path, text: str, complaint: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=f"odd.toml: .*{complaint}"):
        load(path)


def test_the_files_are_those_that_are_promised() -> None:
    promised = {"generic", "nanokontrol2", "apc40_mk2", "launchpad_mini", "launchpad_mini_mk3", "midimix"}
    assert {path.stem for path in PROFILES.glob("*.toml")} == promised
