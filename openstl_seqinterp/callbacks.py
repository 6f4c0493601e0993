"""What the plugin adds to Lightning's Trainer: reproducible epochs, honest checkpoints, a progress bar anywhere."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint, ProgressBar, RichProgressBar, TQDMProgressBar

from .checkpoint import BEST, LAST
from .errors import UserError


class SeededEpochs(Callback):
    """Seed every epoch with the run's seed and its number.

    An epoch then depends only on the state at its start, so a resumed run equals an uninterrupted one.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # Not at the start of the epoch: creating the loader's iterator draws a number, before that hook or after it.
        if batch_idx == 0:
            state = np.random.SeedSequence([self.seed, trainer.current_epoch]).generate_state(1)
            pl.seed_everything(int(state[0]), verbose=False)


class History(Callback):
    """The validation MSE after each epoch (a mean over pixels), and the seconds of training until then.

    It is part of every checkpoint, so a resumed run continues it.
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self._start = 0.0
        self.begun = False  # whether training has, after all of a checkpoint was restored

    @property
    def seconds(self) -> float:
        """Training and validation, up to the last finished epoch."""
        return self.epochs[-1]["seconds"] if self.epochs else 0.0

    def state_dict(self) -> dict[str, Any]:
        return {"epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.epochs = [dict(epoch) for epoch in state_dict["epochs"]]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start = time.perf_counter() - self.seconds
        self.begun = True

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        metrics = trainer.callback_metrics  # methods whose loss is not the MSE log val_mse too
        mse = float(metrics.get("val_mse", metrics.get("val_loss", float("nan"))))
        epoch = {"epoch": trainer.current_epoch + 1, "seconds": time.perf_counter() - self._start, "val_mse": mse}
        if "val_motion" in metrics:  # what the method starts from, on the same cases
            epoch["val_motion"] = float(metrics["val_motion"])
        self.epochs = [*self.epochs, epoch]


class FrozenStatistics(Callback):
    """Batch normalization keeps the statistics that it began with: those of a few new batches would be far off."""

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        for module in pl_module.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.eval()


class Finite(Callback):
    """Ends training with a UserError at the first step, or validation, whose loss is not finite."""

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        self._require(loss, f"the loss of step {trainer.global_step}")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._require(trainer.callback_metrics.get("val_loss"), f"validation after epoch {trainer.current_epoch + 1}")

    def _require(self, loss: torch.Tensor | None, what: str) -> None:
        if loss is not None and not torch.isfinite(loss):
            raise UserError(f"{what} is {float(loss)}, expected a finite number; train again with a lower --lr")


class Announcement(Callback):
    """Tells how long a run will take if that is hours, from the time of its first steps after one of warm-up."""

    long = 3600.0  # seconds
    _TIMED = 4  # steps

    def __init__(self) -> None:
        self._starts: list[float] = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if len(self._starts) > self._TIMED + 1:
            return
        self._starts.append(time.perf_counter())
        if len(self._starts) == self._TIMED + 2:
            step = (self._starts[-1] - self._starts[1]) / self._TIMED
            left = int(trainer.estimated_stepping_batches) - trainer.global_step
            if step * left > self.long:
                trainer.print(
                    f"\nthis will take about {step * left / 3600:.0f} hours on this device ({left} steps of "
                    f"{step:.2f} s); for a result in minutes: -c configs/seqinterp/SimVP_quick.py"
                )


class OutOfTime(Exception):
    """The time limit of a command has passed."""


class Deadline(Callback):
    """Ends a run ``minutes`` after its own creation, before the next training step or test set.

    It raises `OutOfTime` instead of asking the Trainer to stop, which would run the hooks of the end of an epoch.
    ``last.ckpt`` then holds the last finished epoch, and the same command continues from there.
    """

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    def check(self) -> None:
        """Raise `OutOfTime` if time is up."""
        if time.monotonic() > self._end:
            raise OutOfTime

    def on_train_batch_start(self, *args: Any) -> None:
        self.check()

    def on_predict_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if batch_idx == 0:
            self.check()


class LastCheckpoint(ModelCheckpoint):
    """``last.ckpt``: the state after the latest epoch, or before the first: a run can always be resumed."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, LAST.removesuffix(".ckpt"), save_on_train_epoch_end=True, enable_version_counter=False)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        if trainer.ckpt_path is None:
            trainer.save_checkpoint(f"{self.dirpath}/{LAST}")


def checkpoints(folder: str, monitor: str, every: int) -> list[Callback]:
    """``best.ckpt`` has the lowest ``monitor`` so far; written first, so ``last.ckpt`` records it."""
    name = BEST.removesuffix(".ckpt")
    best = ModelCheckpoint(
        folder, name, monitor, every_n_epochs=every, save_on_train_epoch_end=True, enable_version_counter=False
    )
    return [best, LastCheckpoint(folder)]


class _WithValidation(ProgressBar):
    """Shows the latest validation loss beside the training loss."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        items = dict(super().get_metrics(trainer, pl_module))
        items.pop("v_num", None)
        items.pop("train_loss_epoch", None)
        if "val_loss" in trainer.callback_metrics:
            items["val_loss"] = f"{float(trainer.callback_metrics['val_loss']):.5f}"
        return items


class _RichBar(_WithValidation, RichProgressBar):
    pass


class _PlainBar(_WithValidation, TQDMProgressBar):
    pass


def progress_bar() -> Callback:
    """Rich's bar on a terminal; tqdm's, in few lines, in a pipe or a log file, where Rich draws nothing."""
    return _RichBar(refresh_rate=5) if sys.stdout.isatty() else _PlainBar(refresh_rate=60)
