"""U²-Net (Qin et al. 2020): what stands out in the picture, white on black, or a portrait's lines."""

from vj.model.families.network_model import NetworkModel


class U2Net(NetworkModel):
    """A network for masks or portraits; the file doesn't say which. A manifest beside it can invert the result. A
    result that is all black counts as valid."""

    name = "u2net"
    may_be_black = True
    help = "U²-Net: masks of what stands out, or portraits in lines"
