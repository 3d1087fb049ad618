"""Any ONNX file that takes one picture and gives one."""

from vj.model.families.network_model import NetworkModel


class OnnxModel(NetworkModel):
    """Layout, range and size are found by inspection, or named in the manifest beside the file."""

    name = "onnx"
    help = "any ONNX file with one picture in and one out"
