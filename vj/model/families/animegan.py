"""AnimeGANv2: photographs drawn as animation (Chen et al. 2020)."""

from vj.model.families.network_model import NetworkModel


class AnimeGan(NetworkModel):
    """A generator that draws in one animation film-maker's manner, without controls or variants."""

    name = "animegan"
    help = "AnimeGANv2 generators: drawn animation"
