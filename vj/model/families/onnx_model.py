"""Any ONNX file that takes one picture and gives one."""

from vj.model.families.network_model import NetworkModel


class OnnxModel(NetworkModel):
    """A network whose layout, range and size are found by inspecting the file, or named in the manifest beside it."""

    name = "onnx"
    help = "any ONNX file with one picture in and one out"
