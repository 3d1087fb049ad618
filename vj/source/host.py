"""The child process of one source: it opens the source, then reads and publishes its pictures."""

from typing import Any

from vj.base.clock import now
from vj.base.frame import Size
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe, TimeMeter
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import picture_number
from vj.source import SOURCES

_LOOK = 0.01
"""Seconds between two looks of a source that waits. Its first picture is there already: only the next one can be
late."""


def main(
    pipe: ParentPipe,
    kind: str,
    target: str,
    box: tuple[int, int],
    fps: float,
    output: dict[str, Any],
    values: dict[str, Any],
    slot: int = 0,
    plays: bool = True,
) -> None:
    """Delivers pictures of source ``kind``:``target`` into ``output`` until the show stops the child or is gone, then
    closes the source. It is the main function of a source's process.

    A source that doesn't play, as ``plays`` says at first, waits for its launch: its first picture is delivered, and
    another one whenever it would begin with another. Only a live one goes on all the time.

    ``kind`` is a name in `SOURCES`; ``target``, ``box`` (width, height) and ``fps`` are those of `Source`. ``output``
    is what `LatestFrame.describe` gave, ``values`` what `SharedParams.describe` gave for the source's parameters.
    ``slot`` is the number of ``output`` among the show's slots. Commands on ``pipe`` are triggers: ``{"trigger": NAME,
    "amount": NUMBER}``, and ``{"play": true}`` to launch the source, ``{"play": false}`` to have it wait.

    Once the source is open, the child tells ``title``, ``fps``, ``resume`` (with the ``target`` to use after a restart,
    and whether it ``plays``) and ``ready``; while it waits for the user, such as for permission to use a camera, it
    tells the reason as ``waiting``. An error of the source is raised, and ends the process.
    """
    source = SOURCES[kind](target, Size(*box), fps)
    memory = LatestFrame.attach(output)
    writer = memory.writer()
    current = SharedParams(source.shared_params(target), SharedMemory.attach(values))
    meter = TimeMeter(pipe)
    source.on_spent = meter.add
    source.on_wait = lambda why: pipe.tell(waiting=why)
    source.open()
    pipe.tell(title=source.title, fps=source.fps, resume={"target": source.target, "plays": plays}, ready=True)
    try:
        while not pipe.stopping.is_set():
            for command in pipe.commands():
                if "play" in command:
                    plays = command["play"]
                    pipe.tell(resume={"target": source.target, "plays": plays})
                    if plays:
                        source.launch(current.read())
                else:
                    source.handle_trigger(command["trigger"], command["amount"])
            if not (plays or source.live or source.wait(current.read())):
                memory.heartbeat()
                pipe.stopping.wait(_LOOK)
                continue
            captured = source.read(writer.begin, current.read())
            started = now()
            writer.publish(captured, picture_number(slot, writer.coming))
            if not plays:
                memory.rest()
            ended = now()
            meter.add("slot", ended - started)
            meter.tell(ended)
    finally:
        source.close()
