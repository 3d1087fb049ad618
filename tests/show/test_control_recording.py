"""A control recording: what is written comes back, at its times; what isn't one is refused by its line."""

import json
from pathlib import Path

import pytest

from vj.base.errors import BadInput
from vj.params.control_queue import Change, ControlBatch
from vj.params.param import Param, ParamTable, command, text, toggle, trigger
from vj.params.signals import Beat, Sound
from vj.preset.show_table import SHOW
from vj.show.control_recording import ControlLog, Replay, read

MIDI = {"midi": Beat(100.4, 3.0, 120.0)}
MAILS = [
    (100.0, ControlBatch({"/a/x": 0.5, "/a/on": True}, [Change("/a/go", "fire", 1.0, 99.98)], {}, None)),
    (
        100.5,
        ControlBatch(
            {}, [Change("/a/x", "step", -0.1), Change("/a/x", "add", 2.0)], {"midi": Beat(100.4, 3.0, 120.0)}, None
        ),
    ),
    (
        101.25,
        ControlBatch(
            {"/a/name": "käfer"}, [], {}, Sound(level=0.5, kicks=3), {"3": {"name": "x", "set": {"/a/x": 1.0}}}
        ),
    ),
]


def made_table() -> ParamTable:
    table = ParamTable()
    params = [Param("x"), Param("y"), trigger("go", help=""), toggle("on", help=""), text("name", help="")]
    table.declare("/a", [*params, trigger("seek", 0.0, 1.0, help="")])
    table.declare("/show", SHOW)
    return table


TABLE = made_table()


@pytest.fixture
def table() -> ParamTable:
    """What another show has: it lacks ``y``."""
    return TABLE.without(["/a/y"])


def write(path, batches=MAILS, began=99.0):
    log = ControlLog(path, {"preset": "x"}, TABLE)
    log.begin(began)
    for now, batch in batches:
        log.record(now, batch)
    log.close()
    log.close()
    return log


def test_what_was_recorded_comes_back_at_its_times(tmp_path):
    log = write(tmp_path / "log.jsonl")
    assert (log.count, log.notice) == (3, "")
    recording = read(tmp_path / "log.jsonl")
    assert recording.header["preset"] == "x"
    assert recording.seconds == 2.25
    replay = Replay(recording, TABLE)
    replay.begin(99.0)
    assert list(replay.due(99.9)) == []
    found = list(replay.due(101.0))
    assert [at for at, _ in found] == [100.0, 100.5]
    assert [batch._replace(changes=list(batch.changes)) for _, batch in found] == [batch for _, batch in MAILS[:2]]
    assert replay.left == 1
    assert list(replay.due(200.0)) == [MAILS[2]]


def test_the_order_of_values_and_triggers_comes_back(tmp_path):
    saved, fired = Change("/show/save", "fire"), Change("/a/go", "fire", 1.0)
    after = {"/a/x": 2, "/a/on": 1}
    write(
        tmp_path / "log.jsonl",
        [(100.0, ControlBatch({"/a/x": 0.5, "/a/on": True}, [saved, fired], {}, None, after=after))],
    )
    ((_, batch),) = read(tmp_path / "log.jsonl").batches
    assert [(piece.values, piece.changes) for piece in batch.pieces()] == [
        ({"/a/on": True}, [fired]),  # the house's own trigger isn't in it
        ({"/a/x": 0.5}, []),
    ]


def test_times_go_with_the_beginning(tmp_path):
    write(tmp_path / "log.jsonl")
    replay = Replay(read(tmp_path / "log.jsonl"), TABLE)
    replay.begin(0.0)
    (at, first), (_, second), _ = replay.due(10.0)
    assert (at, first.changes[0].at) == (1.0, pytest.approx(0.98))
    assert second.beats["midi"].at == pytest.approx(1.4)
    assert second.changes[0].at == 0.0, "nobody took the time"


def test_what_was_recorded_before_stays_and_the_new_one_lies_beside_it(tmp_path):
    first = write(tmp_path / "night.log")
    before = first.path.read_bytes()
    beside = [write(tmp_path / "night.log", MAILS[:1]).path.name for _ in range(2)]
    assert (first.path.name, *beside) == ("night.log", "night-2.log", "night-3.log")
    assert first.path.read_bytes() == before
    assert len(read(tmp_path / "night-3.log").batches) == 1


def test_a_recording_is_not_written_through_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "night").symlink_to(tmp_path / "gone")
    assert write(tmp_path / "night").path.name == "night-2"
    assert not (tmp_path / "gone").exists()


def test_a_line_that_a_crash_has_cut_is_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    write(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert len(read(path).batches) == 2


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]", "no JSON object"),
        ("{", "line 2"),
        ('{"v": {}}', "'t'"),
        ('{"t": 1, "c": [["/a/x", "explode", 0, 0]]}', "unknown action 'explode'; choices: fire"),
        ('{"t": 1, "c": [["/a/x"]]}', "line 2"),
        ('{"t": NaN}', "NaN"),
        ('{"t": 1, "b": {"midi": [1]}}', "line 2"),
        ('{"t": 1, "s": ["a", 0, 0, 0, 0, 0, 0, 0, 0, 0]}', "no number"),
        ('{"t": 1e999}', "inf is no number"),
        ('{"t": true}', "no number"),
        ('{"t": 1, "c": [["/a/go", "fire", 1e999, 0]]}', "inf is no number"),
        ('{"t": 1, "b": {"midi": [1, 2, 0, true]}}', "beats a minute"),
        ('{"t": 1, "s": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}', "line 2"),
    ],
)
def test_what_is_no_mail_is_named_by_its_line(tmp_path, line, why):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"vj": "control", "version": 1}) + f"\n{line}\n")
    with pytest.raises(BadInput, match=why) as refused:
        read(path)
    assert "line 2" in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", '{"vj": "control", "version": 2}', "\0\0"])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "x").write_text(text)
    with pytest.raises(BadInput):
        read(tmp_path / "x")
    with pytest.raises(BadInput, match="can't read"):
        read(tmp_path / "missing")


def test_values_are_checked_by_the_show_that_plays_them(tmp_path, table):
    write(tmp_path / "log.jsonl")
    assert len(read(tmp_path / "log.jsonl").checked(table).batches) == 3
    write(tmp_path / "other.jsonl", [*MAILS, (102.0, ControlBatch({"/a/y": 1.0}, [], {}, None))])
    with pytest.raises(BadInput, match=r"other\.jsonl: line 5: .*/a/y"):
        read(tmp_path / "other.jsonl").checked(table)


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        (ControlBatch({"/a/go": 1.0}, [], {}, None), "is a trigger"),
        (ControlBatch({}, [Change("/a/name", "step", 1.0)], {}, None), "step is not for /a/name, which is a text"),
        (ControlBatch({}, [Change("/a/x", "fire")], {}, None), "fire is not for /a/x"),
        (ControlBatch({"/a/x": "much"}, [], {}, None), "takes a number"),
    ],
)
def test_what_the_show_can_not_do_is_named(tmp_path, table, batch, why):
    write(tmp_path / "log.jsonl", [(100.0, batch)])
    with pytest.raises(BadInput, match=rf"log\.jsonl: line 2: .*{why}"):
        read(tmp_path / "log.jsonl").checked(table)


def test_arguments_of_triggers_are_held_in_their_range(tmp_path, table):
    write(tmp_path / "log.jsonl", [(100.0, ControlBatch({}, [Change("/a/seek", "fire", 7.0)], {}, None))])
    ((_, batch),) = read(tmp_path / "log.jsonl").checked(table).batches
    assert batch.changes[0].amount == 1.0


def test_times_do_not_run_backwards(tmp_path):
    write(tmp_path / "log.jsonl", [MAILS[1], MAILS[0]])
    with pytest.raises(BadInput, match=r"line 3: its time, 1\.0 s, is before"):
        read(tmp_path / "log.jsonl")


@pytest.mark.parametrize("fps", [24.0, 30.0, 59.94, 60.0])
def test_on_the_same_grid_every_mail_comes_in_its_own_frame(tmp_path, fps):
    began = 1234.567
    write(tmp_path / "log.jsonl", [(began + frame / fps, MAILS[0][1]) for frame in range(500)], began)
    replay = Replay(read(tmp_path / "log.jsonl"), TABLE)
    replay.begin(7.0)
    assert all(len(list(replay.due(7.0 + frame / fps))) == 1 for frame in range(500))


def test_a_full_disk_ends_the_recording_and_is_told():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    log = ControlLog(full, {}, TABLE)
    log.begin(0.0)
    for number in range(2000):
        log.record(float(number), ControlBatch({"/a/x": 0.5}, [], {}, None))
    log.close()
    assert "stopped" in log.notice


def test_a_place_that_can_not_be_written_is_said(tmp_path):
    with pytest.raises(BadInput, match="can't record controls"):
        ControlLog(tmp_path / "no folder" / "x", {}, TABLE)


COMMANDS = [
    (99.5, ControlBatch({}, [Change("/layer/1/effect/add", "fire", 0.0, 99.4, "bend")], {}, None)),
    (
        100.0,
        ControlBatch(
            {"/layer/1/effect/bend/mix": 0.5, "/layer/2/opacity": 0.5, "/a/x": 0.5},
            [Change("/layer/1/effect/bend/go", "fire"), Change("/a/x", "step", 0.1), Change("/a/go", "fire")],
            {},
            None,
            after={"/layer/1/effect/bend/mix": 1, "/a/x": 2},
        ),
    ),
]


def made_changing_table() -> ParamTable:
    table = made_table()
    table.declare("/layer/1/effect", [command("add", help="")])
    return table


def test_commands_keep_their_texts_and_recordings_without_them_are_read(tmp_path):
    write(tmp_path / "log", COMMANDS)
    (_, batch), _ = read(tmp_path / "log").checked(made_changing_table()).batches
    assert batch.changes == [Change("/layer/1/effect/add", "fire", 0.0, 0.4, "bend")]
    assert json.loads((tmp_path / "log").read_text().splitlines()[1])["c"] == [
        ["/layer/1/effect/add", "fire", 0.0, 0.4, "bend"]
    ]


@pytest.mark.parametrize("first", [True, False])
def test_what_may_have_come_by_a_command_is_checked_when_it_is_due(tmp_path, first):
    write(tmp_path / "log", COMMANDS if first else COMMANDS[1:])
    recording, table = read(tmp_path / "log"), made_changing_table()
    if not first:
        with pytest.raises(BadInput, match="line 2: unknown address"):
            recording.checked(table)
        return
    replay = Replay(recording.checked(table), table)
    replay.begin(0.0)
    assert [batch.changes[0].text for _, batch in replay.due(0.6)] == ["bend"]
    table.change((), [("/layer/1/effect/bend", [Param("mix", 0.0, 0.25), text("go", help="")])])
    ((_, batch),) = replay.due(2.0)
    assert batch.values == {"/layer/1/effect/bend/mix": 0.25, "/a/x": 0.5}
    assert [change.address for change in batch.changes] == ["/a/x", "/a/go"]
    assert batch.after == {"/layer/1/effect/bend/mix": 0, "/a/x": 1}
    assert replay.notice == "replay at 1.00 s without /layer/2/opacity, /layer/1/effect/bend/go"
