"""The process for MIDI with one port of its own, ``pad``, that sends back whatever it is sent."""

from typing import Any

from vj.base.shared_memory import SharedMemory
from vj.child.parent_pipe import ParentPipe
from vj.control.midi.connection import connect
from vj.control.midi.driver import Came
from vj.control.midi.port_process import PortHost


class Echo:
    """Stands in for `vj.control.midi.driver.Driver`."""

    says = "echo"

    def __init__(self, came: Came) -> None:
        self._came, self._looked = came, False

    def look(self) -> bool:
        before, self._looked = self._looked, True
        return not before

    def ports(self) -> list[tuple[str, int]]:
        return [("pad", 7)]

    def send(self, number: int, data: bytes) -> None:
        self._came(number, data)


def main(link: ParentPipe, port: int, token: str, heartbeats: dict[str, Any], api: str, ignore: list[str]) -> None:
    host = PortHost(link, connect(port, token), SharedMemory.attach(heartbeats), Echo)  # type: ignore[arg-type]
    while not link.stopping.is_set():
        host.step()
