"""A child that can't do its work."""

from vj.child.parent_pipe import ParentPipe


def main(link: ParentPipe) -> None:
    raise RuntimeError("out of paint")
