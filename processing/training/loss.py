"""What is minimised. Hair: cross entropy and Dice, and cross entropy of the coarse planes.
Heads: focal loss of the centres, L1 loss of place and height."""

import torch
from torch import Tensor
from torch.nn import functional

from processing.training.batches import Batch, HeadBatch

DICE_SHARE = 0.5
COARSE_SHARE = 0.3
EDGE_WEIGHT = 2.0
"""Pixels where the label is neither hair nor not hair, and their neighbours, count more."""


def total_loss(hair: Tensor, coarse: Tensor, batch: Batch) -> Tensor:
    """The loss of one batch; pixels nobody knows anything about weigh nothing."""
    weight = batch.weight * (1 + EDGE_WEIGHT * edge(batch.hair))
    fine = weighted_entropy(hair, batch.hair, weight)
    rough = weighted_entropy(coarse, batch.coarse, batch.coarse_weight)
    return fine + DICE_SHARE * dice_loss(hair, batch.hair, batch.weight) + COARSE_SHARE * rough


def weighted_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean binary cross entropy on soft targets."""
    entropy = functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
    return entropy / weight.sum().clamp(min=1.0)


def dice_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """One minus the soft Dice coefficient (Milletari et al., V-Net, 2016), by picture.

    A hundred pixels of grace keep pictures without hair from weighing more than the others.
    """
    share = torch.sigmoid(logits)
    both = (share * target * weight).sum((1, 2, 3))
    sizes = ((share + target) * weight).sum((1, 2, 3))
    return (1 - (2 * both + 100) / (sizes + 100)).mean()


def edge(target: Tensor) -> Tensor:
    """How near a soft contour lies, 0 to 1: the spread of the 5x5 surroundings."""
    most = functional.max_pool2d(target, 5, 1, 2)
    least = -functional.max_pool2d(-target, 5, 1, 2)
    return most - least


def focal_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Focal loss with soft negatives near a centre (Law and Deng, CornerNet, 2018, eq. 1)."""
    score = torch.sigmoid(logits)
    centre = heat.ge(0.999).float()
    hit = functional.logsigmoid(logits) * (1 - score) ** 2 * centre
    miss = functional.logsigmoid(-logits) * score**2 * (1 - heat) ** 4 * (1 - centre)
    return -(hit.sum() + miss.sum()) / centre.sum().clamp(min=1.0)


def place_loss(places: Tensor, batch: HeadBatch) -> Tensor:
    """Smooth L1 loss of offset and ln height, in the cells where they count."""
    distance = functional.smooth_l1_loss(places, batch.place, reduction="none", beta=0.1)
    return (distance * batch.weight).sum() / batch.weight.sum().clamp(min=1.0)
