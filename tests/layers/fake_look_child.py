"""A process that stands for the one that trains looks: it obeys, and tells what it was sent."""

import time
from typing import Any

from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe
from vj.child.slot_wish import SlotWish


def main(
    pipe: ParentPipe, sources: list[dict[str, Any]], reader: int, output: dict[str, Any], values: dict[str, Any]
) -> None:
    """Tell every command; ``keep`` takes the source's newest picture and tells its colour. ``stop`` is deadly the first
    time that it is sent, and ``undo`` always."""
    memory, wish = LatestFrame.attach(output), SlotWish(values)
    slots = [LatestFrame.attach(source) for source in sources]
    while not pipe.stopping.is_set():
        memory.heartbeat()
        for command in pipe.commands():
            if command["do"] == "undo" or (command["do"] == "stop" and "again" not in command):
                raise SystemExit("it fell over")
            if command["do"] == "keep":
                frame = slots[wish.read() or 0].reader(reader).newest()
                pipe.tell(seen=int(frame.pixels[0, 0, 0]) if frame else -1)
            pipe.tell(obeyed=command["number"], last=command["do"], name=command.get("name", ""))
        time.sleep(0.005)
