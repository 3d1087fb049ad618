"""The pages of the manual. They come with the program, so that they can be read on stage, without a network."""

from pathlib import Path

from vj.base.errors import unknown

_FOLDER = Path(__file__).parent.parent / "docs"


def pages() -> dict[str, Path]:
    """Returns the path of every page of the manual, by the page's name (its file's without .md), sorted."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.md"))}


def page(name: str) -> str:
    """Returns the text of the page ``name`` (a key of `pages`), in Markdown. Raises BadInput naming the choices for any
    other name."""
    found = pages()
    if name not in found:
        raise unknown("page", name, found)
    return found[name].read_text(encoding="utf-8")


def titles() -> list[tuple[str, str]]:
    """Returns the name and the heading of every page, sorted by name."""
    return [(name, path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")) for name, path in pages().items()]
