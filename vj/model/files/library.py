"""The models by name: the catalogue's, those in the performer's own folder, and any model file that is named by its
path."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from vj.base.errors import BadInput, Unavailable, VjError, unknown
from vj.base.paths import library, picture
from vj.base.paths import look as look_path
from vj.base.shared_memory import SharedMemory
from vj.child.shared_params import SharedParams
from vj.model import DREAMS, FAMILIES
from vj.model.common_params import ENGINE, STAGE, merged
from vj.model.files import weights
from vj.model.files.look_at_files import NotNow, look
from vj.model.labels import IMAGENET
from vj.model.model import Model
from vj.params.param import Param, Value, choice
from vj.params.tempo import TEMPO

MODEL = "model"
"""The name of the value that says which model plays."""
SLOT = "slot"
"""The name of the value that says in which of the show's memories the source publishes whose pictures are wanted."""
_SLOT = Param(SLOT, 0, 255, default=0, kind="int", help="")
_PLACES: Mapping[str, Callable[[str], Path]] = {"picture": picture, "look": look_path}
"""Returns the path of a file by its name, for each kind of parameter whose values are such names."""
SUFFIXES = (".pth", ".pt", ".ckpt", ".safetensors", ".onnx")
"""The file name endings of model files."""
_PARTNERS = (("G_A", "G_B"), ("A2B", "B2A"), ("AtoB", "BtoA"))
"""Pairs of words that distinguish the two directions of a CycleGAN in the names of their files."""
BACK = "-B2A"
"""What only the second direction's name ends in, where the first has the model's bare name, as trained ones have."""
ROLES: Mapping[str, str] = dict(zip(("zoom", "mirror", "noise", "gatys", "adversarial"), DREAMS, strict=True))
"""The families that can play a classifier's file, by the word that may follow its name: ``resnet50:mirror``."""


@dataclass(frozen=True)
class Entry:
    """A model that can be played: its name, its family (a name in `FAMILIES`) and its files, which may not be on disk
    yet.

    ``files`` are the paths of its weights, and of a classifier's lists of class names, by their part in the model.
    ``title`` says in words what it is, and ``licence`` is its licence's name.
    """

    name: str
    family: str
    files: Mapping[str, Path]
    title: str = ""
    assets: tuple[str, ...] = ()
    """The files in `vj.model.files.weights.ASSETS` that must be fetched first, by name."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What `vj.model.files.look_at_files` found each part to be, by part: the fields of a
    `vj.model.files.recognised.RecognisedNetwork` by name. Empty for the catalogue's models, whose files are examined in
    `to_job`."""
    licence: str = ""
    origin: str = "file"
    """Where the model is from: "catalogue", "library" (the performer's folder) or "file" (named by its path)."""

    @property
    def params(self) -> tuple[Param, ...]:
        """Returns its family's own parameters, without those that every model has (`ENGINE` and `STAGE`)."""
        return FAMILIES[self.family].params

    @property
    def present(self) -> bool:
        """Returns whether all its files are on disk; true for a model without files. Their content isn't checked."""
        return all(path.is_file() for path in self.files.values())

    @property
    def size(self) -> int:
        """Returns the bytes of its files: as the catalogue lists them, whether fetched or not, else of those that are
        on disk."""
        fetched = sum(weights.ASSETS[asset].size for asset in self.assets)
        return fetched or sum(path.stat().st_size for path in self.files.values() if path.is_file())

    @property
    def settings(self) -> Mapping[str, Any]:
        """Returns the values that the manifests beside its files set for its parameters, by the parameter's name; empty
        without manifests, and for a model whose files weren't examined, unless they come with the project."""
        said = [about.get("set", {}) for about in self.about.values()]
        if not said and self.origin == "catalogue" and not self.assets:  # its files come with the project
            said = [_bundled_settings(path) for path in self.files.values()]
        return {name: value for part in said for name, value in part.items()}

    def make_model(self, runtime: str = "auto", exact: bool = False, *, in_thread: bool = True) -> Model:
        """Makes and returns a new model of its family whose ``called`` is this name, not yet prepared: `Model.prepare`
        loads and compiles its files. For a family that is `looked_at` this must be an entry with ``about``, such as one
        of `from_job`.

        ``runtime`` is the name of the backend to use, or "auto" for the fastest (not checked here); ``exact`` leaves
        out backends that compute in less than 32-bit floats. ``in_thread`` says whether the model may read pictures in
        threads while it plays on; if it is false, as in a renderer, they are waited for.
        """
        model = FAMILIES[self.family](self.files, runtime, exact, self.about, in_thread=in_thread)
        model.called = self.name
        return model

    def fetch(self, progress: weights.Progress) -> None:
        """Downloads those of its ``assets`` that are missing or damaged in the cache, and waits for that; all of them
        are read and checked. Does nothing for a model without ``assets``, such as the performer's own. ``progress`` is
        called with what is being done and its part (0..1, or None) during downloads only. Raises Unavailable if a
        download fails."""
        for asset in self.assets:
            weights.fetch(asset, progress)

    def to_job(self, looked: bool = True) -> dict[str, Any]:
        """Returns what an engine's process needs to make this entry again with `from_job`, JSON-able: ``name``,
        ``family``, ``files`` (paths as text, by part), ``about`` (findings, by part) and ``origin``.

        If ``about`` isn't known yet, the files are examined now, in a child, unless some are missing or the family
        needs no findings; then ``about`` is empty. With ``looked`` false they are never examined: enough for an engine
        that only has to know the model's name. Raises BadInput for files that are no model, Unavailable if they can't
        be examined now.
        """
        files = {part: str(path) for part, path in self.files.items()}
        about = self.about or (self._looked() if looked else {})
        return {"name": self.name, "family": self.family, "files": files, "about": about, "origin": self.origin}

    def _looked(self) -> dict[str, Any]:
        """Returns what each part was found to be, once the files are on disk. The catalogue's own checkpoints are
        examined like all others. Raises BadInput or Unavailable."""
        if not (FAMILIES[self.family].looked_at and self.present):
            return {}
        looks = look(path for path in self.files.values() if path.suffix.lower() in SUFFIXES)
        for about in looks.values():
            if isinstance(about, str):
                raise _refusal(about)
        return {part: looks[path] for part, path in self.files.items() if path in looks}

    @classmethod
    def from_job(cls, job: Mapping[str, Any]) -> "Entry":
        """Returns a new entry as `to_job` described it, in an engine's process; nothing is examined. It has name,
        family, files, ``about`` and ``origin`` only: no title, no licence, and no assets, so that it fetches nothing.
        ``job`` must hold all five keys, else KeyError is raised."""
        files = {part: Path(path) for part, path in job["files"].items()}
        return cls(job["name"], job["family"], files, about=job["about"], origin=job["origin"])


def known() -> dict[str, Entry]:
    """Returns all models that can be switched to by name, by that name: the catalogue's, whether fetched or not, then
    those in the performer's folder and its subfolders. These are named by the file's stem; if that is taken, by its
    file name, else by its path in the folder. A classifier is listed once for each of its `ROLES`: ``NAME`` for its
    usual one, ``NAME:ROLE`` for the others. Files that are refused or can't be examined now are left out; files that
    are new are examined now, in a child, which may take seconds."""
    found = catalogue()
    for path, about in look(_own_files()).items():
        if isinstance(about, dict):
            entry = _of_file(_free_name(path, found), path, about, "library")
            found |= {played.name: played for played in (entry, *_other_roles(entry))}
    return found


def catalogue() -> dict[str, Entry]:
    """Returns the catalogue's models by name, whether fetched or not. Nothing is examined or fetched."""
    return {named.name: _of_named(named) for named in weights.NAMED}


def refused() -> dict[Path, str]:
    """Returns the files in the performer's folder and its subfolders that can't be played, by path, and in words why
    not: they are no known model, or can't be examined now (then the text is a `NotNow`). Empty if there are none. Files
    that are new are examined now, in a child, which may take seconds."""
    return {path: about for path, about in look(_own_files()).items() if isinstance(about, str)}


def find(name_or_file: str) -> Entry:
    """Returns the model of that name, or in the file at that path (``~`` is the user's home). A name in the catalogue
    comes first, then a file, then a name in the performer's folder. A classifier's path or name may be followed by
    ``:`` and one of `ROLES` (``net.pth:mirror``). A file with the content of one of the catalogue's is cached, and
    stands for the catalogue's model; other new files are examined, in a child.

    Raises BadInput with the reason for a bad file, and with the choices for an unknown name, Unavailable for a file
    that can't be examined now.
    """
    if name_or_file in (named := catalogue()):
        return named[name_or_file]
    file, _, role = name_or_file.rpartition(":")
    try:
        path = Path(name_or_file).expanduser()
        if path.is_file():
            return find_file(path)
        if role in ROLES and (path := Path(file).expanduser()).is_file():
            return find_file(path, role)
        return _in_library(name_or_file)
    except (OSError, ValueError) as error:  # a name too long for the system
        raise BadInput(f"{name_or_file!r} can't be a model's file: {error}") from None


def find_file(path: Path, role: str = "") -> Entry:
    """Returns the model in the file at ``path``, named by the file's stem, with ``:ROLE`` behind it if ``role`` is
    given. ``role`` is one of `ROLES` for a classifier, or empty for its usual family. A CycleGAN with its other
    direction beside it gets both files.

    A file with the content of one of the catalogue's is copied into the cache, and the catalogue's first model that
    uses it, in that role, is returned instead. Every other file is examined, in a child unless its finding is cached.
    Raises BadInput for a file that is no model or can't play the role, Unavailable if it can't be examined or copied
    now.
    """
    try:
        asset = weights.adopt(path)
    except OSError as error:  # a file of another user
        raise BadInput(f"{str(path)!r} can't be read: {error.strerror}") from None
    for entry in catalogue().values():
        if asset in entry.assets and role in ("", *_roles(entry.family)):
            return entry
    about = look([path])[path]
    if isinstance(about, str):
        raise _refusal(about)
    entry = _of_file(path.stem, path.resolve(), about, "file")
    return _in_role(entry, role) if role else entry


def params(entries: Iterable[Entry]) -> tuple[Param, ...]:
    """Returns, each once, the parameters that engines read for a layer that can play any of ``entries``: those of
    `ENGINE`, then those of the families, triggers included, under the families' own names. Those of `STAGE`, with which
    the layer draws, aren't among them. Raises ValueError if two families declare one name differently."""
    return merged((ENGINE, *(entry.params for entry in entries)))


def shared_values(entries: Sequence[Entry], memory: SharedMemory | None = None) -> SharedParams:
    """Returns the shared values that an engine reads for a layer that can play ``entries``: ``model``, the name of the
    model to play (empty for none), ``slot`` (where its source's pictures are), ``tempo`` (beats a minute), and every
    parameter of ``entries`` except triggers. Without ``memory``, new shared memory with the defaults is made; a child
    passes the memory that its parent made, and the same ``entries`` in the same order."""
    names = ("", *(entry.name for entry in entries))
    declared = (choice(MODEL, names, "", help=""), _SLOT, TEMPO, *params(entries))
    return SharedParams({param.name: param for param in declared}, memory)


def with_paths(values: Mapping[str, Value], params: Iterable[Param]) -> dict[str, Value]:
    """Returns a copy of ``values`` (by the parameters' names) in which, for every parameter of kind ``picture`` or
    ``look`` among ``params``, the name of the picture or look is replaced by the path of its file, as text; if there is
    no such file, by a path that doesn't exist. Empty names stay empty. ``values`` must hold all those parameters, else
    KeyError is raised."""
    named = {param.name: _PLACES[param.kind] for param in params if param.kind in _PLACES and values[param.name]}
    return {**values, **{name: str(place(str(values[name]))) for name, place in named.items()}}


@cache
def _bundled_settings(path: Path) -> Mapping[str, Any]:
    """Returns what the manifest beside the file at ``path``, which comes with the project, sets. Files of the project
    don't change."""
    from vj.model.files import manifest

    return manifest.beside(path).values


def _refusal(about: str) -> VjError:
    """Returns the error for a file that is no model, or that can't be examined now."""
    return Unavailable(about) if isinstance(about, NotNow) else BadInput(about)


def _in_library(name: str) -> Entry:
    """Returns the model of that name. Raises BadInput or Unavailable."""
    entries = known()
    if name in entries:
        return entries[name]
    for path, reason in refused().items():
        if name in (path.name, path.stem):
            raise _refusal(reason)
    raise unknown("model", name, entries)


def _own_files() -> list[Path]:
    """Returns the model files in the performer's folder, sorted."""
    folder = library("models")
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _free_name(path: Path, taken: Iterable[str]) -> str:
    """Returns a name for the file that is not taken: its stem, else its file name, else its path in the folder."""
    names = (path.stem, path.name, str(path.relative_to(library("models"))))
    return next((name for name in names if name not in taken), str(path))


def _of_named(named: weights.Named) -> Entry:
    assets, licence = tuple(named.assets.values()), ", ".join(named.licences)
    return Entry(named.name, named.family, named.files, named.title, assets, {}, licence, "catalogue")


def _of_file(name: str, path: Path, about: dict[str, Any], origin: str) -> Entry:
    files, abouts = {"model": path}, {"model": about}
    if about["family"] == "cyclegan":
        files, abouts = _directions(path, about)
    if about["family"] in DREAMS:
        files |= _labels(about)
    return Entry(name, about["family"], files, about["title"], (), abouts, about.get("licence", "unknown"), origin)


def _labels(about: Mapping[str, Any]) -> dict[str, Path]:
    """Returns the files of ImageNet's class names, if they are on disk, for a classifier of 1000 classes without names
    of its own; else nothing."""
    if about["classes"] != IMAGENET or "labels" in about["options"]:
        return {}
    words = {part: weights.ASSETS[asset] for part, asset in weights.CLASSIFIER.items() if part != "model"}
    return {part: asset.path for part, asset in words.items()} if all(a.present for a in words.values()) else {}


def _roles(family: str) -> list[str]:
    return [role for role, player in ROLES.items() if player == family]


def _other_roles(entry: Entry) -> list[Entry]:
    """Returns the classifier's entry in each of the other roles; nothing for entries that are no classifiers."""
    if entry.family not in DREAMS:
        return []
    return [_in_role(entry, role) for role in ROLES if role not in _roles(entry.family)]


def _in_role(entry: Entry, role: str) -> Entry:
    """Returns the classifier's entry as the family of ``role`` plays it. Of the values that its manifest sets, those
    stay that this family has. Raises BadInput for an entry that is no classifier."""
    if entry.family not in DREAMS:
        path = next(iter(entry.files.values()))
        raise BadInput(f"{path} can't be played as {role!r}: it is no classifier, but {entry.title or entry.family}")
    family = ROLES[role]
    about = dict(entry.about["model"])
    if family != entry.family and about.get("set"):
        names = {param.name for param in merged((ENGINE, STAGE, FAMILIES[family].params))}
        about["set"] = {name: value for name, value in about["set"].items() if name in names}
    about["family"] = family
    return replace(entry, name=f"{entry.name}:{role}", family=family, about={"model": about})


def _pairs(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yields the paths that the two directions of a CycleGAN may have of which ``path`` may be one."""
    for there, back in _PARTNERS:
        yield path.with_name(path.name.replace(back, there)), path.with_name(path.name.replace(there, back))
    bare = path.stem.removesuffix(BACK)
    yield path.with_name(f"{bare}{path.suffix}"), path.with_name(f"{bare}{BACK}{path.suffix}")


def _directions(path: Path, about: dict[str, Any]) -> tuple[dict[str, Path], dict[str, Any]]:
    """Returns the files of a CycleGAN, and what they were found to be, by part: both generators if the other one lies
    beside ``path``, else this one only."""
    for first, second in _pairs(path):
        if path in (first, second) and first != second and first.is_file() and second.is_file():
            looks = look([first, second])
            if all(isinstance(other, dict) and other["family"] == "cyclegan" for other in looks.values()):
                return {"a_to_b": first, "b_to_a": second}, {"a_to_b": looks[first], "b_to_a": looks[second]}
    return {"a_to_b": path}, {"a_to_b": about}
