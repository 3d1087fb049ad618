"""The files of one training: its checkpoints, sheets, curves and its model, which a show may play meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from torch import nn

from vj.base import contact_sheet
from vj.base.atomic_file import write_cached, write_whole
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.paths import library
from vj.model.files.library import catalogue
from vj.train.checkpoint_state import CheckpointState, read_checkpoint
from vj.train.metrics import Metrics
from vj.train.model_files import DataCredit, model_paths, write_models
from vj.train.settings import TrainingSettings
from vj.train.tensorboard_log import TensorBoardLog

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")
CHECKPOINT: Final = "checkpoint.safetensors"
_BEFORE: Final = "checkpoint-before.safetensors"
"""The checkpoint before the newest one, for a disk or a machine that fails while that is written."""


class TrainingFiles:
    """Writes what the training called ``name`` leaves on disk, in ``folder``, and its model.

    A file that can't be written doesn't stop the training: ``notice`` says which and why, and it is empty again once
    everything can be written. Checkpoints are written in a thread.
    """

    def __init__(self, name: str, credit: DataCredit, *, tensorboard: bool = False) -> None:
        """``credit`` is what the model's manifest says of the data. With ``tensorboard``, the losses are written for
        that too; else nothing is written yet. Raises BadInput for a name that can't be a file's, NotInstalled without
        TensorBoard."""
        self.name = checked_name(name)
        self.folder = library("training", name)
        self.metrics = Metrics(self.folder / "metrics.csv")
        self._credit = credit
        self._log = TensorBoardLog(self.folder / "tensorboard") if tensorboard else None
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._saving: Future[None] | None = None
        self._troubles: dict[str, str] = {}

    @property
    def notice(self) -> str:
        """Returns one line on what couldn't be written and why; empty if all could."""
        return "; ".join(self._troubles.values())

    @property
    def saving(self) -> bool:
        """Returns whether a checkpoint is being written now."""
        return self._saving is not None and not self._saving.done()

    def record(self, step: int, seconds: float, rate: float, losses: Mapping[str, float]) -> None:
        """Adds the losses of a step to the metrics, which are written later; see `Metrics.add`."""
        self.metrics.add(step, seconds, rate, losses)
        if self._log:
            self._log.add(step, losses)

    def save(self, state: CheckpointState) -> None:
        """Writes the metrics until now, and begins to write the checkpoint ``state``, after waiting for the one
        before."""
        self._try("metrics.csv", self.metrics.flush)
        self.wait()
        self._saving = self._pool.submit(self._save, state)

    def wait(self) -> bool:
        """Waits until the newest checkpoint is written, and returns whether it could be."""
        if self._saving:
            self._saving.result()
        return CHECKPOINT not in self._troubles

    def show(self, step: int, columns: Sequence[tuple[str, Sequence[Pixels]]]) -> None:
        """Writes a sample sheet, as the newest one and as that of its step, the metrics and the curves. ``columns`` are
        pictures (uint8 RGB [h, w, 3], as many in each) with what they are."""
        self._try("sheets", lambda: self._sheet(step, columns))
        self._try("metrics.csv", self.metrics.flush)
        self._try("curves.png", self._curves)

    def publish(self, settings: TrainingSettings, nets: Mapping[str, nn.Module]) -> None:
        """Writes the model's files anew, from ``nets``: the generators by name, the played one first."""
        self._try(f"{self.name}.safetensors", lambda: write_models(self.name, settings, nets, self._credit))

    def close(self) -> None:
        """Waits for what is being written, and ends the thread."""
        self._pool.shutdown()
        if self._log:
            self._log.close()

    def _save(self, state: CheckpointState) -> None:
        path = self.folder / CHECKPOINT
        self._try(CHECKPOINT, lambda: write_whole(path, state.to_bytes(), older=self.folder / _BEFORE))

    def _sheet(self, step: int, columns: Sequence[tuple[str, Sequence[Pixels]]]) -> None:
        path = self.folder / "sheets" / f"{step:08}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = columns[0][1][0].shape[:2]
        rows = zip(*(pictures for _, pictures in columns), strict=True)
        cells = [(name, picture) for row in rows for (name, _), picture in zip(columns, row, strict=True)]
        contact_sheet.draw(cells, path, Size(width, height), len(columns))
        write_cached(self.folder / "sheet.jpg", path.read_bytes())

    def _curves(self) -> None:
        if drawn := self.metrics.curves():
            write_cached(self.folder / "curves.png", drawn)

    def _try(self, what: str, write: Callable[[], None]) -> None:
        try:
            write()
            self._troubles.pop(what, None)
        except (OSError, BadInput) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._troubles[what] = f"can't write {what} in {self.folder}: {reason}; the last whole one stays"


def checked_name(name: str) -> str:
    """Returns ``name`` if it can be that of a model. Raises BadInput if it can't, or is one of the catalogue's."""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise BadInput(f"a model can't be called {name!r}: use letters, digits, spaces and _ - . only, at most 64")
    if name in catalogue():
        raise BadInput(f"{name!r} is a model of the catalogue; train under another name")
    return name


def newest_checkpoint(name: str) -> CheckpointState | None:
    """Returns the newest whole checkpoint of the training ``name``; None if there is none. If the newest file is
    damaged, the one before it is taken. Raises BadInput if both are."""
    paths = [library("training", name, file) for file in (CHECKPOINT, _BEFORE)]
    error: BadInput | None = None
    for path in filter(Path.is_file, paths):
        try:
            return read_checkpoint(path)
        except BadInput as found:
            error = error or found
    if error:
        raise error
    return None


def check_unused(name: str, settings: TrainingSettings) -> None:
    """Raises BadInput if there is a training or a model called ``name`` already."""
    if (state := newest_checkpoint(name)) is not None:
        raise BadInput(
            f"there is a training called {name!r} already, {state.settings.method} at step {state.step}: go on with it "
            "by --resume, or use another --name"
        )
    taken = next((path for path in model_paths(name, settings) if path.exists()), None)
    if taken:
        raise BadInput(f"there is a model called {name!r} already ({taken}); use another --name")
