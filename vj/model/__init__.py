"""Models, one file a family, and the process that runs them. torch and openvino are imported nowhere else."""

from pathlib import Path

from vj.errors import BadInput, unknown
from vj.model import catalog
from vj.model.model import Model
from vj.registry import Registry

MODELS: Registry[Model] = Registry(
    "model",
    (
        ("identity", "vj.model.identity:Identity"),
        ("style26", "vj.model.fast_style:Style26"),
    ),
)


def named(name_or_file: str) -> str:
    """The model of that name, or the one whose weights the file is, which are then at hand without fetching them.

    Raises BadInput with the choices.
    """
    if name_or_file in MODELS:
        return name_or_file
    path = Path(name_or_file)
    try:
        if not path.is_file():
            raise unknown("model", name_or_file, MODELS)
        weights = catalog.adopt(path)
    except OSError as error:  # a name too long for the system, a file of somebody else's
        raise BadInput(f"{name_or_file!r} can't be a model's file: {error.strerror}") from None
    for name, model in MODELS.items():
        if weights in model.weights:
            return name
    known = ", ".join(catalog.ASSETS)
    raise BadInput(f"{name_or_file!r} is no model file that this version knows; it knows {known}, by content")
