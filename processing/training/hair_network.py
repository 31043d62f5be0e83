"""The hair network: a small encoder and decoder, made for one processor core.

Dense 3x3 convolutions where the picture is large and channels are few, inverted residuals
(Sandler et al., MobileNetV2, 2018) where it is small; 1x1 lateral connections added to the
upsampled path (Lin et al., Feature Pyramid Networks, 2017). The matte is refined against the
picture afterwards, so the network answers at half of its input's resolution and saves the dearest
layers.
"""

import torch
from torch import Tensor, nn

from processing.training.blocks import Gate, InvertedResidual, Refine, active, normalised, twice

_WIDTHS = (16, 32, 48, 96, 160)
_NECK = 48


class HairNetwork(nn.Module):
    """Hair and face in a square crop around a head.

    Takes (n, 3, s, s) float RGB, (x / 255 - 0.5) / 0.25, with s a multiple of 32; answers logits:
    hair (n, 1, s/2, s/2) and, coarse, hair and face (n, 2, s/8, s/8).
    """

    def __init__(self) -> None:
        super().__init__()
        self._add_encoder(*_WIDTHS)
        self._add_decoder(*_WIDTHS)

    def _add_encoder(self, w1: int, w2: int, w3: int, w4: int, w5: int) -> None:
        self.at_half = active(3, w1, 3, 2)
        self.at_quarter = active(w1, w2, 3, 2)
        self.at_eighth = nn.Sequential(
            active(w2, w3, 3, 2), InvertedResidual(w3, 3), InvertedResidual(w3, 3)
        )
        self.at_sixteenth = nn.Sequential(
            active(w3, w4, 3, 2), *[InvertedResidual(w4, 5) for _ in range(4)]
        )
        self.at_bottom = nn.Sequential(
            active(w4, 2 * w4, 1),
            active(2 * w4, 2 * w4, 5, 2, 2 * w4),
            normalised(2 * w4, w5),
            *[InvertedResidual(w5, 5) for _ in range(3)],
            Gate(w5),
        )

    def _add_decoder(self, w1: int, w2: int, w3: int, w4: int, w5: int) -> None:
        self.from_bottom = normalised(w5, _NECK)
        self.from_sixteenth = normalised(w4, _NECK)
        self.from_eighth = normalised(w3, _NECK)
        self.refine_sixteenth = Refine(_NECK)
        self.refine_eighth = Refine(_NECK)
        self.coarse = nn.Conv2d(_NECK, 2, 1)
        self.to_quarter = normalised(_NECK, w2)
        self.from_quarter = normalised(w2, w2)
        self.refine_quarter = active(w2, w2, 3)
        self.to_half = normalised(w2, w1)
        self.from_half = normalised(w1, w1)
        self.refine_half = active(w1, w1, 3, 1, w1)
        self.matte = nn.Conv2d(w1, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits: the hair's, then the coarse ones of hair and face."""
        half = self.at_half(x)
        quarter = self.at_quarter(half)
        eighth = self.at_eighth(quarter)
        sixteenth = self.at_sixteenth(eighth)
        y = twice(self.from_bottom(self.at_bottom(sixteenth)))
        y = self.refine_sixteenth(torch.relu(y + self.from_sixteenth(sixteenth)))
        y = self.refine_eighth(torch.relu(twice(y) + self.from_eighth(eighth)))
        coarse = self.coarse(y)
        y = torch.relu(twice(self.to_quarter(y)) + self.from_quarter(quarter))
        y = torch.relu(twice(self.to_half(self.refine_quarter(y))) + self.from_half(half))
        return self.matte(self.refine_half(y)), coarse
