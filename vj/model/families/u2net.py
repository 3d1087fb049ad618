"""U²-Net (Qin et al. 2020): what stands out in the picture, white on black, or a portrait's lines."""

from vj.model.families.network_model import NetworkModel


class U2Net(NetworkModel):
    """Whether saliency or portraits were learnt, the file doesn't tell; a manifest beside it turns the result over."""

    name = "u2net"
    may_be_black = True
    help = "U²-Net: masks of what stands out, or portraits in lines"
