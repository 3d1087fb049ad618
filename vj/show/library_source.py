"""What a command may open: the library's files, the bundled ones, and what needs neither a file nor a device."""

from pathlib import Path

from vj.base.errors import BadInput
from vj.base.paths import PRESETS, library
from vj.preset.paths import ON_DISK
from vj.source import SOURCES, split_spec

_FOLDERS = ("", "clips", "pictures")
"""Where a file is looked for in the library, and then beside the bundled presets."""


def library_source(written: str) -> str:
    """Returns the SPEC of what ``written`` names, alone or as a SPEC: a film, picture or folder of the library or of
    the bundled ones, or a source that needs neither file nor device, such as ``pattern`` or ``shader:plasma``.

    Raises BadInput for anything else: commands, which the network sends too, open no files elsewhere, and no cameras
    and addresses.
    """
    kind, _, target = written.partition(":")
    if kind in SOURCES and kind not in ON_DISK:
        if SOURCES[kind].live:
            raise BadInput(f"{written[:80]!r}: a command opens what is in the library, no {kind}; a preset can")
        SOURCES[kind].check(target)
        return written
    kind, target = (kind, target) if kind in ON_DISK else ("", written)
    for root in (library(), PRESETS):
        for folder in _FOLDERS:
            if found := _inside(root, folder, target):
                return f"{kind or split_spec(str(found))[0]}:{found}"
    raise BadInput(f"there is no {target[:80]!r} in the library ({library()}); files elsewhere aren't opened")


def _inside(root: Path, folder: str, name: str) -> Path | None:
    """Returns the path of ``name`` in ``folder`` of ``root``, unless there is none or it leads out of ``root``."""
    try:
        path = (root / folder / name).resolve()
        return path if name and path.is_relative_to(root.resolve()) and path.exists() else None
    except (OSError, ValueError):  # a name too long for the system; a null byte
        return None
