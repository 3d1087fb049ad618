"""The child process around one source: open, then read, publish, repeat."""

from typing import Any

from vj.base.clock import now
from vj.child.parent_pipe import ParentPipe, TimeMeter
from vj.frame.frame import Size
from vj.frame.latest_frame import LatestFrame
from vj.frame.memory import SharedMemory
from vj.frame.shared_params import Values
from vj.source import SOURCES


def main(
    link: ParentPipe,
    kind: str,
    target: str,
    box: tuple[int, int],
    fps: float,
    slot: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Deliver pictures of source ``kind``:``target`` into ``slot`` until the show is gone.

    Tells ``waiting`` while opening the source waits for people, such as for permission to use a camera.
    """
    source = SOURCES[kind](target, Size(*box), fps)
    writer = LatestFrame.attach(slot).writer()
    current = Values({param.name: param for param in source.params}, SharedMemory.attach(values))
    meter = TimeMeter(link)
    source.spent = meter.add
    source.waits = lambda why: link.tell(waiting=why)
    source.open()
    link.tell(title=source.title, fps=source.fps, resume={"target": source.target}, ready=True)
    try:
        while not link.stopping.is_set():
            for command in link.commands():
                source.command(command["trigger"], command["amount"])
            captured = source.read(writer.begin, current.read())
            started = now()
            writer.publish(captured)
            ended = now()
            meter.add("slot", ended - started)
            meter.tell(ended)
    finally:
        source.close()
