"""Three small classifiers that hold every operation that a gradient is written out for, and one that holds another."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.excite(F.silu(self.squeeze(x.mean((2, 3), keepdim=True)))))


class Mobile(nn.Module):
    """Batch norms, depthwise convolutions, ReLU6 and SiLU, squeeze-and-excitation, residual sums, hard curves."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(inplace=True))
        self.deep = nn.Sequential(nn.Conv2d(8, 8, 5, 1, 2, groups=8), nn.BatchNorm2d(8), nn.SiLU(), SqueezeExcite(8))
        self.down = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(8, 12, 3, 2), nn.Hardswish())
        self.norm = nn.BatchNorm2d(12)
        self.wide = nn.Sequential(nn.Hardsigmoid(), nn.Conv2d(12, 12, 3, padding="same", dilation=2), nn.GELU())
        self.fc = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = x + self.deep(x)
        x = self.wide(self.norm(self.down(x)) * 1.5 - 0.25)
        return self.fc(x.mean((2, 3)))


class Inception(nn.Module):
    """Overlapping pools, one of them to the picture's last pixel, branches joined, averages."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.narrow, self.wide = nn.Conv2d(8, 6, 1), nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.ELU(), nn.AvgPool2d(3, 2, 1, count_include_pad=False))
        self.tail = nn.Sequential(nn.AvgPool2d(2), nn.Tanh(), nn.Dropout())
        self.fc = nn.Linear(22, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.narrow(x), self.wide(x), x], 1)
        x = self.tail(self.pool(x))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Plain(nn.Module):
    """As VGG: pools without overlap, then a grid of means and a matrix, which depend on the size."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3, (2, 1), (2, 1)),
            nn.LeakyReLU(0.2),
            nn.AvgPool2d(2),
            nn.Hardtanh(),
        )
        self.classifier = nn.Linear(8 * 9, 7)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(self.features(x), (3, 3)), 1))


class Attention(nn.Module):
    """Which no gradient is written out for."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.fc = nn.Conv2d(3, 8, 8, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        places = x.flatten(2)
        mixed = torch.softmax(places.transpose(1, 2) @ places, 2) @ places.transpose(1, 2)
        return self.fc(mixed.mean(1))


def settled(net: nn.Module) -> nn.Module:
    """``net`` in eval mode with batch norms that do something."""
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0.0, 0.3)
            module.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.3)
    return net.eval().requires_grad_(False)
