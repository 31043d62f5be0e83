"""The head finder: where the faces are in the whole picture, and how high.

One answer for every cell of 8x8 pixels (Zhou et al., Objects as Points, 2019): no anchors, and
a face is a local maximum.
"""

import torch
from torch import Tensor, nn

from processing.training.blocks import Gate, InvertedResidual, Refine, active, normalised, twice

ANSWERS = 4
"""Logit of a face's centre, offset across and down in cells, ln(height / 32 px)."""

_WIDTHS = (16, 16, 32, 64, 96)
_NECK = 32


class HeadNetwork(nn.Module):
    """(n, 3, h, w) float RGB, (x / 255 - 0.5) / 0.25, sides multiples of 32, to
    (n, 4, h/8, w/8): see `ANSWERS`."""

    def __init__(self) -> None:
        super().__init__()
        w1, w2, w3, w4, w5 = _WIDTHS
        self.at_eighth = nn.Sequential(
            active(3, w1, 3, 2), active(w1, w2, 3, 2), active(w2, w3, 3, 2), InvertedResidual(w3, 3)
        )
        self.at_sixteenth = nn.Sequential(
            active(w3, w4, 3, 2), InvertedResidual(w4, 3), InvertedResidual(w4, 5)
        )
        self.at_bottom = nn.Sequential(
            active(w4, w5, 3, 2), InvertedResidual(w5, 5), InvertedResidual(w5, 5), Gate(w5)
        )
        self.from_bottom = normalised(w5, w4)
        self.from_sixteenth = normalised(w4, _NECK)
        self.from_eighth = normalised(w3, _NECK)
        self.refine_sixteenth = Refine(w4)
        self.refine_eighth = Refine(_NECK)
        self.answer = nn.Conv2d(_NECK, ANSWERS, 1)
        nn.init.constant_(self.answer.bias, 0.0)
        self.answer.bias.data[0] = -4.0  # faces are rare: without it the first steps are lost

    def forward(self, x: Tensor) -> Tensor:
        """The answers."""
        eighth = self.at_eighth(x)
        sixteenth = self.at_sixteenth(eighth)
        y = torch.relu(twice(self.from_bottom(self.at_bottom(sixteenth))) + sixteenth)
        y = self.from_sixteenth(self.refine_sixteenth(y))
        y = torch.relu(twice(y) + self.from_eighth(eighth))
        answers: Tensor = self.answer(self.refine_eighth(y))
        return answers
