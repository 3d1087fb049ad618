"""`vj help`: shows the manual."""

from typing import Annotated

import typer

from vj.cli.printing import out, print_line


def show_page(
    page: Annotated[str | None, typer.Argument(help="A page of the manual; none: all there are.")] = None,
) -> None:
    """The manual's pages, offline."""
    from vj.commands import pages

    if page is None:
        for name, title in pages.titles():
            out.print(f"vj help {name:<12} {title}", highlight=False, markup=False)
        return
    text = pages.page(page)
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text))
    else:
        print_line(text)
