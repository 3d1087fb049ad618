"""Models, one file a family, and the process that runs them. torch and openvino are imported nowhere else."""

from vj.model.model import Model
from vj.registry import Registry

FAMILIES: Registry[Model] = Registry(
    "model family",
    (
        ("identity", "vj.model.identity:Identity"),
        ("style26", "vj.model.fast_style:Style26"),
        ("fast_style", "vj.model.fast_style:FastStyle"),
        ("arbitrary_style", "vj.model.arbitrary_style:ArbitraryStyle"),
        ("adain", "vj.model.adain:AdaIn"),
        ("pix2pix", "vj.model.pix2pix:Pix2Pix"),
        ("cyclegan", "vj.model.cyclegan:CycleGan"),
        ("pix2pixhd", "vj.model.pix2pixhd:Pix2PixHd"),
        ("animegan", "vj.model.animegan:AnimeGan"),
        ("u2net", "vj.model.u2net:U2Net"),
        ("dream_zoom", "vj.model.dream_zoom:DreamZoom"),
        ("dream_mirror", "vj.model.dream_mirror:DreamMirror"),
        ("visualise", "vj.model.visualise:Visualise"),
        ("gatys", "vj.model.gatys:Gatys"),
        ("adversarial", "vj.model.adversarial:Adversarial"),
        ("onnx", "vj.model.onnx_model:OnnxModel"),
    ),
)
"""What kinds of model there are; which models, `vj.model.library` tells."""
DREAMS = ("dream_zoom", "dream_mirror", "visualise", "gatys", "adversarial")
"""The families that play classifiers, and nothing else; the first plays one of which nothing is said."""
