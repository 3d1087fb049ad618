"""A child that can't do its work."""

from vj.child.link import Link


def main(link: Link) -> None:
    raise RuntimeError("out of paint")
