"""pix2pixHD: global generators and local enhancers (Wang et al. 2018), of models that take a picture."""

from vj.model.families.network_model import NetworkModel


class Pix2PixHd(NetworkModel):
    """A coarse generator, and a finer one around it if the file holds both; without controls or variants."""

    name = "pix2pixhd"
    help = "pix2pixHD generators: edges, drawings or maps turned into large pictures"
