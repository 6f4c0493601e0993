"""Around a run of Lightning's Trainer: prediction without the future, fewer warnings, and interruption."""

from __future__ import annotations

import logging
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from . import host
from .device import SRUN
from .errors import UserError
from .speedups import subnormals_as_zero


class Predictor(pl.LightningModule):
    """Runs any method of the host on test cases, in fp32, and keeps only the target frames."""

    def __init__(self, method: pl.LightningModule, batch_size: int) -> None:
        super().__init__()
        self.method, self.batch_size = method, batch_size

    def predict_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> torch.Tensor:
        x, y = batch
        # MIM's memory has the size of a batch: pad a smaller last one with repetitions, and drop their predictions.
        x = torch.cat([x, x[-1:].expand(self.batch_size - len(x), *x.shape[1:])])
        with torch.autocast(x.device.type, enabled=False):
            return host.predict(self.method, x)[: len(y), : y.shape[1]]


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Lightning's advice that does not apply, and its use of a name that torch deprecates.

    The data are in memory, runs may reuse a folder, and speed is measured without validation, on shuffled data.
    NumPy before 2.4 warns where subnormal numbers are zero, as they are meant to be.
    """
    with warnings.catch_warnings():
        for message in (
            ".*does not have many workers.*",
            ".*exists and is not empty.*",
            ".*LeafSpec.*is deprecated",
            ".*sync_dist=True.*",
            ".*have no `val_dataloader`.*",
            ".*sampler has shuffling enabled.*",
            ".*smallest subnormal.*",
            SRUN,
        ):
            warnings.filterwarnings("ignore", message)
        yield


@contextmanager
def running(trainer: pl.Trainer, hint: str) -> Iterator[None]:
    """Around a run of ``trainer``: quiet, without subnormal numbers, and Ctrl-C and SIGTERM end it in one line.

    The line is ``hint``, on how to continue; the exit code is the one that shells expect.
    """
    try:
        with quiet(), subnormals_as_zero():
            yield
    except SystemExit as stop:
        if not trainer.interrupted:
            raise
        terminated = trainer.received_sigterm
        print(f"\nstopped; {hint}", file=sys.stderr)
        raise SystemExit(128 + (signal.SIGTERM if terminated else signal.SIGINT)) from stop


def quiet_lightning() -> None:
    """A run prints its own line about its device."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


def loggers(names: Sequence[str]) -> list[type[Logger]]:
    """The loggers of ``--logger``. UserError if one is not available."""
    known: dict[str, list[type[Logger]]] = {"csv": [CSVLogger], "tensorboard": [TensorBoardLogger], "none": []}
    if "tensorboard" in names and find_spec("tensorboard") is None:
        raise UserError("--logger tensorboard needs a package that is not installed: pip install tensorboard")
    return [kind for name in dict.fromkeys(names) for kind in known[name]]
