"""The losses for TensorBoard, where that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vj.base.errors import NotInstalled


class TensorBoardLog:
    """Writes numbers into an event file in ``folder``, which TensorBoard shows while they come."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder and the file. Raises NotInstalled if TensorBoard isn't there."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise NotInstalled(
                "TensorBoard is not installed: pip install 'vj[tensorboard]', or leave --tensorboard out"
            ) from None
        make: Any = SummaryWriter  # typed only where TensorBoard is installed
        self._writer = make(str(folder))

    def add(self, step: int, losses: Mapping[str, float]) -> None:
        """Adds the losses after ``step`` steps, by name."""
        for name, value in losses.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Writes what is left, and closes the file."""
        self._writer.close()
