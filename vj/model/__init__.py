"""Neural models, a file for each family, and the engine process. Only this package imports torch and OpenVINO."""

from vj.base.registry import Registry
from vj.model.model import Model

FAMILIES: Registry[Model] = Registry(
    "model family",
    (
        ("identity", "vj.model.families.identity:Identity"),
        ("style26", "vj.model.families.style26:Style26"),
        ("fast_style", "vj.model.families.style26:FastStyle"),
        ("arbitrary_style", "vj.model.families.arbitrary_style:ArbitraryStyle"),
        ("look", "vj.model.families.look:Look"),
        ("adain", "vj.model.families.adain:AdaIn"),
        ("pix2pix", "vj.model.families.pix2pix:Pix2Pix"),
        ("cyclegan", "vj.model.families.cyclegan:CycleGan"),
        ("pix2pixhd", "vj.model.families.pix2pixhd:Pix2PixHd"),
        ("animegan", "vj.model.families.animegan:AnimeGan"),
        ("u2net", "vj.model.families.u2net:U2Net"),
        ("dream_zoom", "vj.model.dreams.dream_zoom:DreamZoom"),
        ("dream_mirror", "vj.model.dreams.dream_mirror:DreamMirror"),
        ("visualise", "vj.model.dreams.visualise:Visualise"),
        ("gatys", "vj.model.dreams.gatys:Gatys"),
        ("adversarial", "vj.model.dreams.adversarial:Adversarial"),
        ("onnx", "vj.model.families.onnx_model:OnnxModel"),
    ),
)
"""The class of every model family, by the family's name. A family is code; `vj.model.files.library` lists the single
models that it plays. ``FAMILIES[name]`` imports its module and returns the class itself; it raises BadInput with the
choices for an unknown name."""
DREAMS = ("dream_zoom", "dream_mirror", "visualise", "gatys", "adversarial")
"""The names of the families that play a classifier and no other network. The first one plays a classifier's file if no
role is named."""
