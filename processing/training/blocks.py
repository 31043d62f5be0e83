"""What both networks are built of. All widths are multiples of 16, the block in which
onnxruntime lays out channels; batch normalisation is folded away on export."""

from torch import Tensor, nn
from torch.nn import functional


def normalised(
    inner: int, outer: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """A convolution and its normalisation."""
    padding = kernel // 2
    convolution = nn.Conv2d(inner, outer, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outer))


def active(
    inner: int, outer: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """The same with a rectifier after it."""
    layers = normalised(inner, outer, kernel, stride, groups)
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


class InvertedResidual(nn.Module):
    """Widen three times, convolve each channel by itself, narrow again, add."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        wide = width * 3
        self.body = nn.Sequential(
            active(width, wide), active(wide, wide, kernel, 1, wide), normalised(wide, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        changed: Tensor = self.body(x)
        return x + changed


class Gate(nn.Module):
    """Weigh the channels by the whole picture (Hu et al., Squeeze-and-Excitation, 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        narrow = width // 4
        self.body = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(width, narrow, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(narrow, width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        weights: Tensor = self.body(x)
        return x * weights


class Refine(nn.Module):
    """Mix what came from below with what the encoder saw at this resolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(active(width, width, 5, 1, width), active(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        mixed: Tensor = self.body(x)
        return mixed


def twice(x: Tensor) -> Tensor:
    """Twice the height and width, bilinear."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
