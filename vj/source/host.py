"""The child process of one source: it opens the source, then reads and publishes its pictures."""

from typing import Any

from vj.base.clock import now
from vj.base.frame import Size
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe, TimeMeter
from vj.child.shared_params import SharedParams
from vj.source import SOURCES


def main(
    pipe: ParentPipe,
    kind: str,
    target: str,
    box: tuple[int, int],
    fps: float,
    output: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Delivers pictures of source ``kind``:``target`` into ``output`` until the show stops the child or is gone, then
    closes the source. It is the main function of a source's process.

    ``kind`` is a name in `SOURCES`; ``target``, ``box`` (width, height) and ``fps`` are those of `Source`. ``output``
    is what `LatestFrame.describe` gave, ``values`` what `SharedParams.describe` gave for the source's parameters.
    Commands on ``pipe`` are triggers: ``{"trigger": NAME, "amount": NUMBER}``.

    Once the source is open, the child tells ``title``, ``fps``, ``resume`` (with the ``target`` to use after a restart)
    and ``ready``; while it waits for the user, such as for permission to use a camera, it tells the reason as
    ``waiting``. An error of the source is raised, and ends the process.
    """
    source = SOURCES[kind](target, Size(*box), fps)
    writer = LatestFrame.attach(output).writer()
    current = SharedParams({param.name: param for param in source.params}, SharedMemory.attach(values))
    meter = TimeMeter(pipe)
    source.on_spent = meter.add
    source.on_wait = lambda why: pipe.tell(waiting=why)
    source.open()
    pipe.tell(title=source.title, fps=source.fps, resume={"target": source.target}, ready=True)
    try:
        while not pipe.stopping.is_set():
            for command in pipe.commands():
                source.handle_trigger(command["trigger"], command["amount"])
            captured = source.read(writer.begin, current.read())
            started = now()
            writer.publish(captured)
            ended = now()
            meter.add("slot", ended - started)
            meter.tell(ended)
    finally:
        source.close()
