"""How many batches a second a method trains on, or predicts, with Lightning's Trainer."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch.utils.data import DataLoader

from ...running import quiet

STEPS = {"gpu": (20, 150), "cpu": (1, 4)}  # for warm-up, and measured


class _Clock(Callback):
    """The times at which the batches after the first ``warm`` ones end."""

    def __init__(self, warm: int) -> None:
        self.warm, self.times = warm, list[float]()

    def _tick(self, number: int) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times = [*(self.times if number > self.warm else []), time.perf_counter()]

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self._tick(batch_idx + 1)

    def on_predict_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        self._tick(batch_idx + 1)

    @property
    def rate(self) -> float:
        """Batches per second: the median, which other load affects least."""
        return 1 / median(after - before for before, after in zip(self.times, self.times[1:], strict=False))


class _Forward(pl.LightningModule):
    def __init__(self, method: pl.LightningModule) -> None:
        super().__init__()
        self.method = method

    def predict_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        return self.method(*batch)


def rate(method: pl.LightningModule, loader: DataLoader, accelerator: str, precision: str, *, train: bool) -> float:
    """Batches of ``loader`` a second: the median over `STEPS` of training, or of predicting, on a device."""
    warm, steps = STEPS[accelerator]
    clock = _Clock(warm)
    with quiet():
        trainer = pl.Trainer(
            accelerator=accelerator,
            devices=1,
            precision=precision,  # type: ignore[arg-type]
            max_epochs=1,
            limit_train_batches=warm + steps,
            limit_predict_batches=warm + steps,
            callbacks=[clock],
            logger=[],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
        )
        if train:
            trainer.fit(method, loader)
        else:
            trainer.predict(_Forward(method), loader, return_predictions=False)
    return clock.rate
