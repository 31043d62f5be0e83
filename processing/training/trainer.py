"""The loop: small pictures first, then larger ones; interrupted runs go on where they stopped."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from processing.training.pictures import Portrait
from processing.training.plan import Plan
from processing.training.tasks import Task


class Trainer:
    """Network, moving average and optimiser, as one thing that can be saved and continued."""

    def __init__(self, task: Task, plan: Plan, checkpoint: Path) -> None:
        self.plan = plan
        self._task = task
        self.network = task.network
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(plan.averaging), use_buffers=True
        )
        self._optimizer = torch.optim.AdamW(_groups(self.network, plan.weight_decay))
        self._checkpoint = checkpoint
        self.step = 0
        if checkpoint.exists():
            self._restore(torch.load(checkpoint, weights_only=True))

    def run(self, portraits: Sequence[Portrait], report: Callable[[str], None]) -> None:
        """Train to the plan's end, saving now and then."""
        while self.step < self.plan.steps:
            size_px = self.plan.size_px(self.step)
            seed = self.plan.seed + self.step
            data = self._task.batches(portraits, size_px, self.plan.batch_size, seed)
            loader = DataLoader(
                data, batch_size=None, num_workers=self.plan.workers, prefetch_factor=4
            )
            self._stage(loader, size_px, report)
        self.save()

    def _stage(self, loader: DataLoader[Any], size_px: int, report: Callable[[str], None]) -> None:
        started, losses = time.perf_counter(), 0.0
        for count, batch in enumerate(loader, 1):
            losses += self._learn(batch)
            if self.step % self.plan.save_every == 0:
                pace = count * self.plan.batch_size / (time.perf_counter() - started)
                report(f"step {self.step} {size_px} px loss {losses / count:.4f} {pace:.0f}/s")
                self.save()
            if self.step >= self.plan.steps or self.plan.size_px(self.step) != size_px:
                return

    def _learn(self, batch: Any) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = self.plan.rate(self.step)
        loss = self._task.loss(batch)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 3.0)
        self._optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        fresh = self._checkpoint.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(self._checkpoint)

    def _restore(self, state: dict[str, Any]) -> None:
        self.step = int(state["step"])
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay; biases and normalisation do not."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]
