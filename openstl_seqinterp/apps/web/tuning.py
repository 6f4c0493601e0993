"""What a child does to train on a visitor's sequence: import it, and train on from the shipped weights for a while."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from ...callbacks import Deadline, OutOfTime
from ...config import resolve
from ...errors import UserError
from ...experiment import SeqInterpExperiment
from ...files import write_json
from ...running import quiet_lightning
from ..importing import import_sequences
from ..io import open_source
from .asked import Asked
from .training import CURVE, NAME, RUN, keep_best, resized, train_words


class _Curve(Callback):
    """After each validation the file of the curve: minutes, and PSNR in dB of the network and of `motion`."""

    def __init__(self, path: Path, experiment: SeqInterpExperiment) -> None:
        self.path, self.history = path, experiment.history

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        points = [
            {
                "minutes": epoch["seconds"] / 60,
                "network": -10 * float(np.log10(max(epoch["val_mse"], 1e-10))),
                "motion": -10 * float(np.log10(max(epoch["val_motion"], 1e-10))),
            }
            for epoch in self.history.epochs
        ]
        write_json(self.path, points)
        last = points[-1]
        print(
            f"\nafter {len(points)} rounds: {last['network']:.2f} dB, motion without training {last['motion']:.2f} dB"
        )


def tune(asked: Asked, folder: Path, minutes: float, side: int) -> None:
    """Import the sequence into ``folder`` and train for ``minutes``; ``folder/best.ckpt`` is the best network.

    The marked images are left out: what is to be filled is not trained on, even where it is there.
    """
    size = resized(open_source(asked.path, asked.options).shape[:2], side)
    place = folder / "data" / NAME
    about = import_sequences([asked.path], place, size=size, missing=asked.missing, options=asked.options)
    print(f"{', '.join(f'{count} images for {part}' for part, count in about['frames'].items())}")
    quiet_lightning()
    places = ["--data_root", str(folder / "data"), "--res_dir", str(folder), "--ex_name", RUN]
    quietly = ["--logger", "none", "--no_display_method_info", "--val_batch_size", "4"]
    experiment = SeqInterpExperiment(resolve([*train_words()[1:], *places, *quietly], prog="seqinterp train"))
    callbacks: list[Any] = experiment.trainer.callbacks
    callbacks.insert(callbacks.index(experiment.history) + 1, _Curve(folder / CURVE, experiment))
    experiment.stop_at(Deadline(minutes))
    with suppress(OutOfTime):
        experiment.train()
    if not keep_best(folder):
        raise UserError(f"{minutes:g} minutes were not enough for one round; give more, or a shorter longest side")
