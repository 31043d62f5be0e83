"""What the networks are fed with: scenes and crowds as tensors, made in worker processes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import IterableDataset, get_worker_info

from media.frame import Picture
from processing.training.crowd import make_crowd
from processing.training.head_targets import STRIDE_PX, HeadTargets, Seen
from processing.training.pictures import Portrait
from processing.training.sampler import make_scene, odds
from processing.training.scene import Scene

SHAPES = ((192, 256), (160, 288), (224, 224), (256, 192))
"""Heights and widths of the head finder's pictures, px: 4:3, 16:9, square, upright."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Network input (n, 3, s, s), and targets and weights 0 to 1: hair and weight (n, 1, s/2,
    s/2), coarse hair and face with their weight (n, 2, s/8, s/8)."""

    pictures: Tensor
    hair: Tensor
    weight: Tensor
    coarse: Tensor
    coarse_weight: Tensor


@dataclass(frozen=True, slots=True)
class HeadBatch:
    """Network input (n, 3, h, w), and `HeadTargets` of all its pictures."""

    pictures: Tensor
    heat: Tensor
    place: Tensor
    weight: Tensor


def pack(scenes: Sequence[Scene]) -> Batch:
    """Scenes of one size as a batch."""
    hair = np.stack([scene.hair for scene in scenes])
    face = np.stack([scene.face for scene in scenes])
    weight = np.stack([scene.weight for scene in scenes])
    seen = _averaged(weight, 8)
    return Batch(
        _input([scene.picture for scene in scenes]),
        _averaged(hair, 2),
        _averaged(weight, 2),
        torch.cat([_averaged(hair, 8), _averaged(face, 8)], 1),
        torch.cat([seen, torch.ones_like(seen)], 1),
    )


def pack_heads(pictures: Sequence[Picture], faces: Sequence[Sequence[Seen]]) -> HeadBatch:
    """Pictures of one shape as a batch."""
    height, width = pictures[0].shape[:2]
    targets = [HeadTargets.of(seen, (height // STRIDE_PX, width // STRIDE_PX)) for seen in faces]
    return HeadBatch(
        _input(pictures),
        torch.from_numpy(np.stack([target.heat for target in targets])),
        torch.from_numpy(np.stack([target.place for target in targets])),
        torch.from_numpy(np.stack([target.weight for target in targets])),
    )


def _input(pictures: Sequence[Picture]) -> Tensor:
    """BGR pictures (h, w, 3) of one shape as the networks take them."""
    rgb = np.stack([picture[..., ::-1] for picture in pictures]).transpose(0, 3, 1, 2)
    return torch.from_numpy((rgb.astype(np.float32) / 255 - 0.5) / 0.25)


def _averaged(planes: NDArray[np.uint8], divisor: int) -> Tensor:
    """(n, s, s) bytes as (n, 1, s/d, s/d) floats 0 to 1, averaged."""
    floats = torch.from_numpy(planes.astype(np.float32) / 255)[:, None]
    return functional.avg_pool2d(floats, divisor)


def _generator(seed: int) -> Generator:
    """Every worker draws its own numbers, and leaves the other cores alone."""
    cv2.setNumThreads(1)
    worker = get_worker_info()
    return np.random.default_rng([seed, worker.id if worker else 0])


class Batches(IterableDataset[Batch]):
    """An endless stream of batches of crops of one size."""

    def __init__(
        self, portraits: Sequence[Portrait], size_px: int, batch_size: int, seed: int
    ) -> None:
        self._portraits = portraits
        self._size_px = size_px
        self._batch_size = batch_size
        self._seed = seed

    def __iter__(self) -> Iterator[Batch]:
        random, share = _generator(self._seed), odds(self._portraits)
        while True:
            chosen = random.choice(len(share), self._batch_size, p=share)
            yield pack([make_scene(self._portraits, int(i), self._size_px, random) for i in chosen])


class Crowds(IterableDataset[HeadBatch]):
    """An endless stream of batches of whole pictures; every batch has one of the shapes."""

    def __init__(
        self, portraits: Sequence[Portrait], scale: float, batch_size: int, seed: int
    ) -> None:
        self._portraits = portraits
        self._scale = scale
        self._batch_size = batch_size
        self._seed = seed

    def __iter__(self) -> Iterator[HeadBatch]:
        random = _generator(self._seed)
        while True:
            tall, wide = SHAPES[int(random.integers(len(SHAPES)))]
            shape = (int(tall * self._scale) // 32 * 32, int(wide * self._scale) // 32 * 32)
            crowds = [make_crowd(self._portraits, shape, random) for _ in range(self._batch_size)]
            yield pack_heads([crowd[0] for crowd in crowds], [crowd[1] for crowd in crowds])
