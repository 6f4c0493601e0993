"""What the plugin adds to Lightning's Trainer: reproducible epochs, honest checkpoints, a progress bar anywhere."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, ModelCheckpoint, ProgressBar, RichProgressBar, TQDMProgressBar

from .checkpoint import BEST, LAST


class SeededEpochs(Callback):
    """Seed every epoch by the run's seed and its number.

    So an epoch depends on nothing but the state at its start, and a resumed run equals an uninterrupted one.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # Not at the start of the epoch: making the loader's iterator draws a number, before that hook or after it.
        if batch_idx == 0:
            state = np.random.SeedSequence([self.seed, trainer.current_epoch]).generate_state(1)
            pl.seed_everything(int(state[0]), verbose=False)


class History(Callback):
    """The validation MSE after each epoch (a mean over pixels), and the seconds of training until then.

    It is a part of every checkpoint, so a resumed run goes on with it.
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self._start = 0.0

    @property
    def seconds(self) -> float:
        """Of training and validation, up to the last finished epoch."""
        return self.epochs[-1]["seconds"] if self.epochs else 0.0

    def state_dict(self) -> dict[str, Any]:
        return {"epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.epochs = state_dict["epochs"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._start = time.perf_counter() - self.seconds

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        metrics = trainer.callback_metrics  # methods whose loss is not the MSE log that too
        mse = float(metrics.get("val_mse", metrics.get("val_loss", float("nan"))))
        seconds = time.perf_counter() - self._start
        self.epochs = [*self.epochs, {"epoch": trainer.current_epoch + 1, "seconds": seconds, "val_mse": mse}]


class Announcement(Callback):
    """Says how long a run will take where that is hours, from the time of its first steps but one, which warms up."""

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
    """The time that a command was given is over."""


class Deadline(Callback):
    """Ends what runs once ``minutes`` have passed since it was made: before a training step or before a test set.

    It raises `OutOfTime` instead of asking the Trainer to stop, which would run the hooks of the end of an epoch: as
    it is, ``last.ckpt`` holds the last epoch that was finished, and the same command goes on from there.
    """

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    def check(self) -> None:
        """Raise `OutOfTime` where it is due."""
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
    """``last.ckpt``: the state after the latest epoch, and before the first: there is always one to resume."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, LAST.removesuffix(".ckpt"), save_on_train_epoch_end=True, enable_version_counter=False)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        if trainer.ckpt_path is None:
            trainer.save_checkpoint(f"{self.dirpath}/{LAST}")


def checkpoints(folder: str, monitor: str, every: int) -> list[Callback]:
    """``best.ckpt`` has the lowest ``monitor`` so far. It is written first, so ``last.ckpt`` knows of it."""
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
    """Rich's bar on a terminal. Rich draws nothing into a pipe or a log file, so there tqdm's, in few lines."""
    return _RichBar(refresh_rate=5) if sys.stdout.isatty() else _PlainBar(refresh_rate=60)
