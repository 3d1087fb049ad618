"""Renders drawings in SVG by resvg, which needs no system library. Text in them is left out."""

import re
from pathlib import Path
from typing import Final

from vj.base.errors import BadInput, NotInstalled
from vj.base.frame import Pixels
from vj.base.packages import install_command
from vj.data.png import decoded_png

ENDING: Final = ".svg"
_LARGEST: Final = 32 << 20
"""The most bytes of a file."""
_PROBE: Final = 256
"""The longer side at which a drawing's shape is found out."""
_LONGEST: Final = 32
"""The longer side at most, in shorter sides."""
_OTHER_FILE: Final = re.compile(r"""(href\s*=\s*)(["'])(?!\#|data:)[^"']*\2""")
"""What names another file: resvg would show any picture of this machine."""
_ENTITY: Final = re.compile(r"<!ENTITY")
_PLAIN_ENTITY: Final = re.compile(r"""<!ENTITY\s+[\w.-]+\s+(["'])[^&%<"']*\1\s*>""")
"""Short names for plain text, as drawing programs write them; others might hide what `_OTHER_FILE` looks for."""


def check_installed() -> None:
    """Raises NotInstalled where resvg isn't."""
    try:
        import resvg_py  # noqa: F401
    except ImportError:
        raise NotInstalled(f"resvg_py, which renders SVG, is not here; fix: {install_command('resvg_py')}") from None


def rendered(svg: str, longer: int) -> Pixels:
    """Returns the drawing ``svg`` over white, uint8 RGB [h, w, 3], its longer side ``longer`` pixels. Raises BadInput
    if it can't be rendered, NotInstalled without resvg."""
    check_installed()
    import resvg_py

    try:  # both sides: it is drawn as large as fits into them
        made = resvg_py.svg_to_bytes(
            svg_string=svg, width=longer, height=longer, background="white", skip_system_fonts=True
        )
    except ValueError as error:
        raise BadInput(f"can't be rendered: {error}") from None
    return decoded_png(bytes(made), "the rendered drawing")


def read_svg(path: Path, shorter: int) -> Pixels:
    """Returns the drawing in the file at ``path``, over white, its shorter side about ``shorter`` pixels. Pictures in
    other files that it shows are left out. Raises as `rendered` does, naming the file."""
    check_installed()
    try:
        text = _OTHER_FILE.sub(r"\1\2#\2", _text(path))
        sides = sorted(rendered(text, _PROBE).shape[:2])
        if sides[1] > _LONGEST * sides[0]:
            raise BadInput(f"it is more than {_LONGEST} times as long as wide")
        return rendered(text, round(shorter * sides[1] / sides[0]))
    except (OSError, UnicodeDecodeError, BadInput) as error:
        raise BadInput(f"{path} can't be read as SVG: {error}") from None


def _text(path: Path) -> str:
    """Returns the text in the file. Raises BadInput for one that is too large, or whose text may hide something."""
    with path.open("rb") as file:
        found = file.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise BadInput(f"it has more than {_LARGEST >> 20} MB")
    text = found.decode()
    if len(_ENTITY.findall(text)) != len(_PLAIN_ENTITY.findall(text)):
        raise BadInput("it has entities that are more than plain text")
    return text
