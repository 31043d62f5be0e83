"""What the trainer can train: a network, where its batches come from, and its loss."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from processing.training.batches import Batch, Batches, Crowds, HeadBatch
from processing.training.hair_network import HairNetwork
from processing.training.head_network import HeadNetwork
from processing.training.loss import focal_loss, place_loss, total_loss
from processing.training.pictures import Portrait
from processing.training.plan import Stages

_HEAD_UNIT_PX = 256


class Task(Protocol):
    """One thing to be learned."""

    network: nn.Module
    stages: Stages

    def batches(
        self, portraits: Sequence[Portrait], size_px: int, batch_size: int, seed: int
    ) -> IterableDataset[Any]:
        """An endless stream of batches of pictures about that size."""
        ...

    def loss(self, batch: Any) -> Tensor:
        """The loss of the network's answers, to be minimised."""
        ...


class HairTask:
    """Hair and face in the crop around a head."""

    stages: Stages = ((0.45, 128), (0.40, 192), (0.15, 224))

    def __init__(self) -> None:
        self.network = _channels_last(HairNetwork())

    def batches(
        self, portraits: Sequence[Portrait], size_px: int, batch_size: int, seed: int
    ) -> IterableDataset[Batch]:
        """Crops of that side."""
        return Batches(portraits, size_px, batch_size, seed)

    def loss(self, batch: Batch) -> Tensor:
        """See `total_loss`."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hair, coarse = self.network(_ready(batch.pictures))
        return total_loss(hair.float(), coarse.float(), batch)


class HeadTask:
    """Faces in the whole picture."""

    stages: Stages = ((0.5, 192), (0.5, 256))

    def __init__(self) -> None:
        self.network = _channels_last(HeadNetwork())

    def batches(
        self, portraits: Sequence[Portrait], size_px: int, batch_size: int, seed: int
    ) -> IterableDataset[HeadBatch]:
        """Pictures about as large as a square of that side."""
        return Crowds(portraits, size_px / _HEAD_UNIT_PX, batch_size, seed)

    def loss(self, batch: HeadBatch) -> Tensor:
        """Of the centres, and of offset and height where a centre is near."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answers = self.network(_ready(batch.pictures)).float()
        return focal_loss(answers[:, :1], batch.heat) + place_loss(answers[:, 1:], batch)


def _channels_last(network: nn.Module) -> nn.Module:
    changed: nn.Module = network.to(memory_format=torch.channels_last)
    return changed


def _ready(pictures: Tensor) -> Tensor:
    return pictures.contiguous(memory_format=torch.channels_last)
