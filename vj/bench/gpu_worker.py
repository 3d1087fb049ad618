"""The child in which ``vj bench gpu`` measures: what a driver or a compiler ends there doesn't end the bench."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final

from vj.bench import card_dreams, card_networks, card_shows
from vj.bench.gpu_task import Order, Task, Told, line
from vj.bench.subjects import ON_CARD
from vj.bench.turns import reason
from vj.child.parent_pipe import ParentPipe

TASKS: Final[Mapping[str, Task]] = {
    "peaks": card_networks.peaks,
    **dict.fromkeys(ON_CARD, card_networks.network),
    "step-small": card_dreams.step,
    "step-large": card_dreams.step,
    "dream-zoom": card_dreams.live,
    "dream-mirror": card_dreams.live,
    "files": card_shows.files,
    "pattern": card_shows.loop,
    "film": card_shows.loop,
    "switches": card_shows.switches,
}
"""The tasks by name."""
_POLL: Final = 0.01
"""Seconds between two looks for an order."""


def main(pipe: ParentPipe) -> None:
    """Does the tasks that the parent orders, one after the other, and tells what they report, then ``done`` with the
    task's name. Returns when the parent asks it to leave, or after an error of CUDA's, which spoils the process."""
    while not pipe.stopping.is_set():
        for asked in pipe.commands():
            spoiled = False
            for message in messages(asked):
                spoiled |= "CUDA error" in str(message.get("line", ""))
                pipe.tell(**message)
            pipe.tell(done=asked["task"])
            if spoiled:
                return
        time.sleep(_POLL)


def messages(asked: Told) -> Iterator[Told]:
    """Yields what the task reports; if it raises, a line with the reason. ``asked`` is as `Order.of` takes it."""
    try:
        yield from TASKS[asked["task"]](Order.of(asked))
    except Exception as error:  # noqa: BLE001 - runtimes, drivers and their bindings raise errors of every kind
        yield line(f"{asked['task']} can't be measured: {reason(error)}")
