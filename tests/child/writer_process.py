"""A child for the slot's tests: writes pictures whose every byte tells their number, as fast as it can."""

from typing import Any

from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe


def main(link: ParentPipe, shared: dict[str, Any], sizes: list[list[int]]) -> None:
    writer = LatestFrame.attach(shared).writer()
    number = 0
    while not link.stopping.is_set():
        height, width = sizes[number % len(sizes)]
        number += 1
        picture = writer.begin(height, width)
        picture[:] = number % 251
        writer.publish(captured=float(number))
