"""How a network is trained: how long, how fast, on pictures of what size."""

import math
from dataclasses import dataclass
from typing import TypeAlias

Stages: TypeAlias = tuple[tuple[float, int], ...]
"""Shares of the steps, and how large pictures are meanwhile, px."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast; the defaults are what the shipped networks were trained with."""

    steps: int
    stages: Stages
    batch_size: int = 32
    peak_rate: float = 3e-3
    warm_up_steps: int = 200
    weight_decay: float = 0.02
    averaging: float = 0.998
    save_every: int = 200
    workers: int = 1
    seed: int = 7

    def rate(self, step: int) -> float:
        """The learning rate: up in a line, down along a cosine to zero."""
        if step < self.warm_up_steps:
            return self.peak_rate * (step + 1) / self.warm_up_steps
        done = (step - self.warm_up_steps) / max(1, self.steps - self.warm_up_steps)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def size_px(self, step: int) -> int:
        """The pictures' side at this step."""
        end = 0.0
        for share, size_px in self.stages:
            end += share
            if step < end * self.steps:
                return size_px
        return self.stages[-1][1]
