"""What `vj models` shows."""

from vj.model import MODELS, catalog
from vj.model.runtime import autotune
from vj.paths import cache

Rows = tuple[tuple[str, ...], list[tuple[str, ...]]]


def models() -> Rows:
    """Columns and rows: every model, what it needs and whether that is here."""
    rows: list[tuple[str, ...]] = []
    for name in MODELS:
        model = MODELS[name]
        assets = [catalog.ASSETS[weights] for weights in model.weights]
        size = f"{sum(asset.size for asset in assets) / 1e6:.1f} MB" if assets else ""
        state = "here" if all(asset.present for asset in assets) else "fetched on first use"
        rows.append((name, size, state, ", ".join(asset.licence for asset in assets), model.help))
    return ("model", "size", "weights", "licence", "what it does"), rows


def runtimes() -> list[str]:
    """How models are run on this machine, as far as that was found out, and why."""
    return [f"{key['graph']} at {key['size']}: {verdict}" for key, verdict in autotune.kept(cache("runtime"))]


def licences() -> Rows:
    """Columns and rows: everything bundled or fetched, its licence and its makers."""
    rows: list[tuple[str, ...]] = [
        (a.name, f"{a.package} {a.version}", a.licence, a.credit) for a in catalog.ASSETS.values()
    ]
    rows += [(b.path, "bundled", b.licence, b.credit) for b in catalog.BUNDLED]
    return ("file", "from", "licence", "credit"), rows
