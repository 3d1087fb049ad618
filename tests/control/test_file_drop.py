"""Files dropped on the window."""

import pytest

from vj.base.errors import BadInput
from vj.control.file_drop import FileDrop
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable, picture

ADDRESSES = ("/layer/1/model/style_image", "/layer/2/model/style_image")


@pytest.fixture
def table() -> ParamTable:
    table = ParamTable()
    for number in (1, 2):
        table.declare(f"/layer/{number}/model", (picture("style_image", help=""), Param("strength")))
    return table


def test_a_picture_becomes_the_painting_of_every_layer_the_last_one_counts(
    table: ParamTable, queue: ControlQueue
) -> None:
    dropped = FileDrop(table, queue)
    dropped.use_files(["/home/me/first.png", "/home/me/night.JPG"])
    batch = queue.drain()
    assert batch is not None
    assert batch[0] == dict.fromkeys(ADDRESSES, "/home/me/night.JPG")
    assert dropped.notice == ""


def test_layers_that_came_and_went_count_as_they_are_now(table: ParamTable, queue: ControlQueue) -> None:
    dropped = FileDrop(table, queue)
    table.change([ADDRESSES[0]], [("/layer/3/model", (picture("style_image", help=""),))])
    dropped.use_files(["/home/me/night.png"])
    batch = queue.drain()
    assert batch is not None
    assert set(batch[0]) == {ADDRESSES[1], "/layer/3/model/style_image"}


def test_what_is_no_picture_is_told_and_changes_nothing(table: ParamTable, queue: ControlQueue) -> None:
    dropped = FileDrop(table, queue)
    dropped.use_files(["/home/me/model.pth"])
    assert queue.drain() is None
    assert "model.pth is no picture; choices: .png" in dropped.notice
    dropped.use_files(["/home/me/night.png"])
    assert dropped.notice == ""


def test_a_picture_that_is_waited_for_is_a_painted_one(table: ParamTable, queue: ControlQueue) -> None:
    painted: list[str] = []

    def paint(path: str) -> bool:
        if "bad" in path:
            raise BadInput("it can't be taken")
        painted.append(path)
        return "mine" in path

    dropped = FileDrop(table, queue, paint=paint)
    dropped.use_files(["/home/me/mine.png", "/home/me/film.mp4"])
    assert queue.drain() is None
    assert painted == ["/home/me/mine.png"]
    dropped.use_files(["/home/me/bad.png"])
    assert queue.drain() is None
    assert dropped.notice == "it can't be taken"
    dropped.use_files(["/home/me/other.png"])
    batch = queue.drain()
    assert batch is not None
    assert set(batch[0].values()) == {"/home/me/other.png"}


def test_a_path_that_can_not_be_passed_on_is_told(table: ParamTable, queue: ControlQueue) -> None:
    dropped = FileDrop(table, queue)
    dropped.use_files(["/" + "x" * 2000 + ".png"])
    assert queue.drain() is None
    assert "style_image takes a text of at most" in dropped.notice


def test_where_nobody_paints_it_says_so(queue: ControlQueue) -> None:
    dropped = FileDrop(ParamTable(), queue)
    dropped.use_files(["/home/me/night.png"])
    assert "no model here paints like a picture" in dropped.notice
