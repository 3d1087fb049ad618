"""Children that talk: one says back whatever it is told, the other says much and then refuses its work."""

from vj.base.errors import BadInput
from vj.child.parent_pipe import ParentPipe


def echo(link: ParentPipe) -> None:
    """Tell every command back."""
    while not link.stopping.wait(0.001):
        for command in link.commands():
            link.tell(**command)


def refuse_after(link: ParentPipe, lines: int) -> None:
    """Tell so many lines, as fast as they can be written, and end by refusing."""
    for number in range(lines):
        link.tell(number=number)
    raise BadInput("these were my last words")
