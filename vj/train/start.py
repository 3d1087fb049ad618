"""Puts a training together from what the command line says."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch

from vj.base.clock import now
from vj.base.errors import BadInput, unknown
from vj.base.frame import Size
from vj.base.paths import PRESETS, library, picture
from vj.base.picture import load
from vj.data.description import FILE, TEST, TRAIN, Description, read_description
from vj.data.reader import DataSet
from vj.model.classifier import Classifier
from vj.model.files import checkpoint, weights
from vj.train.batches import Batch, Batches, shown_pictures
from vj.train.checkpoint_state import CheckpointState, read_checkpoint
from vj.train.claim import claim
from vj.train.cut_method import CutMethod
from vj.train.cyclegan_method import CycleGanMethod
from vj.train.losses import ADVERSARIES
from vj.train.method import Method
from vj.train.model_files import DataCredit
from vj.train.number_format import fastest, worth_timing
from vj.train.pix2pix_method import Pix2PixMethod, UNetMethod
from vj.train.process_group import ProcessGroup, opened
from vj.train.settings import PAIRED, TrainingSettings, usual
from vj.train.style_method import StyleMethod
from vj.train.training import NewWeights, Training, TrainingLimits, TrainingReport
from vj.train.training_files import TrainingFiles, check_unused, checked_name, newest_checkpoint

_SHOWN: Final = 6
"""The pictures on a sample sheet."""
_KINDS: Final = {"pairs": "pairs", "two": "two folders without pairs", "pictures": "pictures without a second side"}


@dataclass(frozen=True)
class TrainingWish:
    """What is asked for on the command line. ``name`` is the model's; a field that is None is left to what is usual or,
    when a training is resumed, to what it was. ``start`` is the checkpoint to go on from instead of the newest."""

    method: str
    data: Path
    name: str
    limits: TrainingLimits
    size: str | None = None
    side: int | None = None
    batch: int | None = None
    rate: float | None = None
    seed: int | None = None
    resume: bool = False
    start: Path | None = None
    adversary: str | None = None
    skips: bool | None = None
    painting: Path | None = None
    classifier: Path | None = None
    steady: float | None = None
    numbers: str | None = None
    jitter: float | None = None
    tensorboard: bool = False

    @property
    def asked(self) -> dict[str, object]:
        """Returns the fields of `TrainingSettings` that were asked for, by name."""
        fields = ("size", "side", "batch", "rate", "seed", "adversary", "skips", "numbers", "jitter", "steady")
        found = {name: getattr(self, name) for name in fields if getattr(self, name) is not None}
        if self.painting:
            found["painting"] = str(_painting(self.painting))
        if self.classifier:
            found["classifier"] = str(self.classifier.expanduser().resolve())
        return found


def checked(wish: TrainingWish) -> tuple[TrainingSettings, CheckpointState | None]:
    """Returns the settings of the training that ``wish`` asks for, and the checkpoint that it goes on from, if any.
    Nothing is written. Raises BadInput, naming it, for everything that can't be trained so: a name that is taken, a
    checkpoint of another architecture, data of another kind, a painting that can't be read."""
    checked_name(wish.name)
    state = _state(wish)
    settings = _settings(wish, state)
    if state is None:
        check_unused(wish.name, settings)
    description = DataSet.open(wish.data, TRAIN).description
    _check_kind(wish, description)
    if settings.adversary not in ADVERSARIES:
        raise unknown("--gan", settings.adversary, ADVERSARIES)
    if settings.method == "style" and not settings.painting:
        raise BadInput("a style is learned from a painting: say which with --painting FILE")
    if settings.side % 32:
        raise BadInput(f"--side {settings.side}: pictures are trained at a multiple of 32 pixels")
    least = 2 ** int(settings.generator.get("levels", 5))
    if settings.side < least:
        raise BadInput(f"--side {settings.side} is too small for {settings.described()}: {least} at least")
    return settings, state


def train(
    wish: TrainingWish,
    progress: weights.Progress,
    watch: Callable[[TrainingReport], None],
    new_weights: NewWeights = lambda nets: None,
) -> TrainingReport:
    """Trains as ``wish`` says, and returns how it stands at the end; the model is in the user's folder then.
    ``progress`` is called while a classifier is downloaded, ``watch`` after every step, ``new_weights`` every few
    seconds with the averaged generators. Raises as `checked` and `vj.train.training.Training.run` do, and BadInput if
    another process trains that name now."""
    checked(wish)
    group = opened(_device())
    lock = None
    try:
        if group.first:
            lock = claim(library("training", wish.name), wish.name)
        return prepared(wish, progress, watch if group.first else lambda report: None, new_weights, group).run()
    finally:
        group.close()
        if lock:
            lock.release()


def prepared(
    wish: TrainingWish,
    progress: weights.Progress = lambda doing, part: None,
    watch: Callable[[TrainingReport], None] = lambda report: None,
    new_weights: NewWeights = lambda nets: None,
    group: ProcessGroup | None = None,
    clock: Callable[[], float] = now,
) -> Training:
    """Returns the training that ``wish`` asks for, before its first step, in ``group`` or, without one, in this process
    alone. The seconds of its limits are those of ``clock``; the rest is as in `train`. Raises as `checked` does."""
    settings, state = checked(wish)
    device, group = _device(), group or ProcessGroup()
    method = make_method(_timed(settings, state, device, group, progress), device, group, progress)
    return _training(wish, method, state, watch, new_weights, clock)


def held_out_pictures(folder: Path, side: int, most: int) -> Batch:
    """Returns up to ``most`` pictures of the data set's test, evenly spread and unchanged, of ``side`` pixels. Raises
    BadInput if there are none."""
    held = DataSet.open(folder, TEST, side)
    return shown_pictures(held, most, pairs=held.description.kind != "pictures")


def filter_of(folder: Path) -> dict[str, bool | int | float | str]:
    """Returns how the filter that drew side a of the data set in ``folder`` draws, as values of ``condition/kind`` and
    others by name; empty for a set whose pictures no filter drew, and for a folder that holds no data set. Raises
    BadInput for a description that can't be read."""
    if not (folder / FILE).is_file():
        return {}
    said = read_description(folder)
    return {"condition/kind": said.condition, **said.set} if said.filtered else {}


def _training(
    wish: TrainingWish,
    method: Method,
    state: CheckpointState | None,
    watch: Callable[[TrainingReport], None],
    new_weights: NewWeights,
    clock: Callable[[], float],
) -> Training:
    settings, group = method.settings, method.group
    data = DataSet.open(wish.data, TRAIN, settings.side, jitter=settings.jitter)
    pairs = data.description.kind != "pictures"
    batches = Batches(data, settings.batch, settings.seed, group.rank, group.size, pairs=pairs)
    held = DataSet.open(wish.data, TEST, settings.side)
    shown = shown_pictures(held if len(held) else data, _SHOWN, pairs=pairs)
    files = TrainingFiles(wish.name, _credit(data), tensorboard=wish.tensorboard and group.first)
    training = Training(method, batches, shown, files, wish.limits, clock, watch=watch, new_weights=new_weights)
    if state:
        training.restore(state)
        files.metrics.resume(state.step)
    return training


def _state(wish: TrainingWish) -> CheckpointState | None:
    if wish.start:
        return read_checkpoint(wish.start)
    if not wish.resume:
        return None
    state = newest_checkpoint(wish.name)
    if state is None:
        raise BadInput(f"there is no training called {wish.name!r} to resume ({library('training', wish.name)})")
    return state


def _settings(wish: TrainingWish, state: CheckpointState | None) -> TrainingSettings:
    """Returns the settings asked for. Raises BadInput if they aren't those of the checkpoint."""
    if state is None:
        size = wish.size or ("small" if torch.cuda.is_available() else "tiny")
        return usual(wish.method, size, **{name: value for name, value in wish.asked.items() if name != "size"})
    held = state.settings
    wanted = replace(held, **wish.asked)  # type: ignore[arg-type]
    named = usual(wish.method, wish.size or held.size)
    same = (named.method, held.generator, held.discriminator, held.skips)
    if (held.method, named.generator, named.discriminator, wanted.skips) != same:
        asked = replace(named, skips=wanted.skips).described()
        raise BadInput(f"{wish.name!r} is a checkpoint of {held.described()}, not of {asked}; use another --name")
    return wanted


def _check_kind(wish: TrainingWish, description: Description) -> None:
    """Raises BadInput if the method can't learn from data of that kind."""
    fits = ["pairs"] if wish.method in PAIRED else ["pairs", "two"]
    if wish.method == "style":
        fits.append("pictures")
    if description.kind not in fits:
        wanted = " or ".join(_KINDS[kind] for kind in fits)
        raise BadInput(f"{str(wish.data)!r} holds {_KINDS[description.kind]}; {wish.method} learns from {wanted}")


def _painting(path: Path) -> Path:
    """Returns the path of a painting that is named by its path, or by its name in the library or among the bundled
    ones, with or without its ending. Raises BadInput if there is no such file."""
    places = (path.expanduser(), picture(str(path)), PRESETS / "paintings" / f"{path.name}.jpg")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise BadInput(f"there is no painting {str(path)!r}: name a picture's file, or one of {PRESETS / 'paintings'}")
    return found.resolve()


def _device() -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device


def _timed(
    settings: TrainingSettings,
    state: CheckpointState | None,
    device: torch.device,
    group: ProcessGroup,
    progress: weights.Progress,
) -> TrainingSettings:
    """Returns ``settings`` with the faster number format, where there is a choice and none was made."""
    if state is not None or settings.numbers != "auto":
        return settings
    if not worth_timing(device):
        return replace(settings, numbers="float32")
    alone = ProcessGroup()
    chosen = fastest(lambda name: make_method(replace(settings, numbers=name), device, alone, progress))
    (halved,) = group.told([float(chosen == "bfloat16")])
    return replace(settings, numbers="bfloat16" if halved else "float32")


def make_method(
    settings: TrainingSettings, device: torch.device, group: ProcessGroup, progress: weights.Progress
) -> Method:
    """Returns the method that ``settings`` name, with new networks on ``device``. ``progress`` is called while a
    classifier is downloaded."""
    if settings.method == "style":
        longest = 3 * settings.side // 2
        painting = load(Path(settings.painting), Size(longest, longest))
        return StyleMethod(settings, device, group, _classifier(settings.classifier, progress), painting)
    kinds: dict[str, Callable[[TrainingSettings, torch.device, ProcessGroup], Method]]
    kinds = {"pix2pix": Pix2PixMethod, "unet": UNetMethod, "cyclegan": CycleGanMethod, "cut": CutMethod}
    return kinds[settings.method](settings, device, group)


def _classifier(file: str, progress: weights.Progress) -> Classifier:
    """Returns the classifier in ``file``, or the catalogue's if that is empty, which is downloaded if it is missing."""
    path = Path(file) if file else weights.fetch(weights.CLASSIFIER["model"], progress)
    return checkpoint.classifier(path, checkpoint.recognise(path))


def _credit(data: DataSet) -> DataCredit:
    said = data.description
    made = said.command or str(data.folder.resolve().name)
    return DataCredit(made, said.licence, said.credit, said.condition, said.set, data.lines)
