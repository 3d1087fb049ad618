"""Adaptive instance normalisation: any picture is a style (Huang & Belongie 2017). The user supplies the weights."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np

from vj.base.frame import Pixels
from vj.model.families.network_model import Controls
from vj.model.families.style_model import StyleModel
from vj.model.style_images import Numbers, squares

if TYPE_CHECKING:
    from vj.model.nets.adain import AdaIN


class AdaIn(StyleModel):
    """A decoder, the part ``model`` of ``files``, and the VGG encoder whose file lies beside it. A style is the mean
    and deviation of each of the encoder's 512 channels."""

    name = "adain"
    help = "adaptive instance normalisation: any painting as a style"

    def describer(self) -> Callable[[Pixels], Numbers]:
        """Load the network. Returns the function from a picture, uint8 [h, w, 3], to its style: float32 [1024], the
        means and then the deviations, averaged over the picture's `squares`."""
        import torch

        make = self.named("").module
        assert make
        net = cast("AdaIN", make())

        def describe(picture: Pixels) -> Numbers:
            images = [torch.from_numpy(square).permute(2, 0, 1)[None] / 255 for square in squares(picture)]
            with torch.inference_mode():
                styles = [torch.cat([part.flatten() for part in net.style(image)]) for image in images]
            numbers: Numbers = np.mean([style.numpy() for style in styles], axis=0, dtype=np.float32)
            return numbers

        return describe

    def of_style(self, numbers: Numbers) -> Controls:
        """Returns mean and deviation, float32 [1, 512, 1, 1] each, as views of ``numbers``, a style [1024]."""
        mean, deviation = numbers.reshape(2, 1, -1, 1, 1)
        return mean, deviation
