"""Speed, as ratios within one run: the host's way of training and testing, and the plugin's, on the same device."""

from __future__ import annotations

import copy
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from rich.progress import track
from torch.utils.data import DataLoader

from . import device, host
from .config import CONFIGS, resolve
from .data.loaders import ONE_SIDED, withheld_datasets
from .evaluation.metrics import METRICS, per_image
from .experiment import SeqInterpExperiment
from .files import write_text

_STEPS = {"gpu": (20, 200), "cpu": (1, 4)}  # to warm up, and to measure
_THEIR_WORKERS = 4  # OpenSTL's default
_TYPES = ("gSTA", "IncepU")
_PAPER = {"train": 22, "test": 35}  # iterations a second on an A100, as the paper reports


class _Clock(Callback):
    """The seconds of the batches after the first ``warm`` ones."""

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
        """Batches a second."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


class _Forward(pl.LightningModule):
    def __init__(self, method: pl.LightningModule) -> None:
        super().__init__()
        self.method = method

    def predict_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        return self.method(*batch)


def _rate(method: pl.LightningModule, loader: DataLoader, accelerator: str, precision: str, *, train: bool) -> float:
    warm, steps = _STEPS[accelerator]
    clock = _Clock(warm)
    trainer = pl.Trainer(
        accelerator=accelerator,
        devices=1,
        precision=precision,  # type: ignore[arg-type]
        max_epochs=1,
        limit_train_batches=warm + steps,
        limit_predict_batches=warm + steps,
        callbacks=[clock],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
    )
    if train:
        trainer.fit(method, loader)
    else:
        trainer.predict(_Forward(method), loader, return_predictions=False)
    return clock.rate


def _experiment(model_type: str, data_root: str, folder: str) -> SeqInterpExperiment:
    config = str(CONFIGS / ONE_SIDED / "SimVP.py")
    argv = ["-m", "SimVP", "--model_type", model_type, "-c", config, "--data_root", data_root, "--res_dir", folder]
    return SeqInterpExperiment(resolve([*argv, "--no_display_method_info", "--test_sets", "n6"]))


def _network_rows(model_type: str, data_root: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        experiment = _experiment(model_type, data_root, folder)
    loader, on = experiment.data.train_loader, experiment.accelerator
    theirs = copy.deepcopy(experiment.method)
    for parameter in theirs.parameters():
        parameter.data = parameter.data.contiguous()
    stock = DataLoader(
        loader.dataset,
        loader.batch_size,
        shuffle=True,
        num_workers=_THEIR_WORKERS,
        pin_memory=on == "gpu",
        drop_last=True,
    )
    rows = []
    for name, train in (("train", True), ("test", False)):
        before = _rate(copy.deepcopy(theirs), stock, on, device.PRECISIONS["32"], train=train)
        # Scores are computed in fp32, so testing has no half precision to gain from.
        precision = experiment.precision if train else device.PRECISIONS["32"]
        after = _rate(experiment.method, loader, on, precision, train=train)
        rates = f"{before:.2f} it/s | {after:.2f} it/s | {after / before:.1f}"
        rows.append(f"| {model_type}, {name} | {rates} | {_PAPER[name]} it/s |")
    return rows


def _seconds(function: Callable[[], Any], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def _metric_row(data_root: str) -> str:
    dataset = withheld_datasets(Path(data_root), ONE_SIDED, ["n6"])["n6"]
    truths = torch.stack([dataset[number][1][0] for number in range(len(dataset))])
    images = (truths + 0.05 * torch.randn(truths.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    after = _seconds(lambda: per_image(images, truths), 5)
    label = f"| {', '.join(METRICS)} of {len(truths)} images"
    if host.metric is None:
        return f"{label} | needs OpenSTL | {after:.3f} s | - | - |"
    arrays = images[:, None].numpy(), truths[:, None].numpy()
    before = _seconds(lambda: host.metric(*arrays, 0, 1, metrics=list(METRICS), return_log=False), 2)
    return f"{label} | {before:.3f} s | {after:.3f} s | {before / after:.1f} | - |"


def measure(out: Path, data_root: str) -> Path:
    """Measure all and write ``out/speed.md``, whose path is returned. Minutes on two CPU cores."""
    types = [name for name in _TYPES if name in host.MODEL_TYPES]
    rows = [row for name in track(types, "measuring") for row in _network_rows(name, data_root)]
    rows.append(_metric_row(data_root))
    accelerator = device.accelerator(device.CUDA)
    about = device.describe(accelerator, device.precision(device.AUTO, accelerator))
    warm, steps = _STEPS[accelerator]
    lines = [
        "# Speed",
        "",
        f"Made by `python tools/benchmark.py --speed` with {host.NAME}, torch {torch.__version__}, Python "
        f"{platform.python_version()}; {about}.",
        "",
        "The paper's network (64/256/2/8), batches of 16, all by Lightning's Trainer in one process: "
        f"{steps} steps after {warm} to warm up.",
        "`stock` is what the host's runner does: fp32, weights as they come, a loader with four worker processes.",
        "`plugin` is what `tools/train.py` does: the precision and the layout of weights that the device is fast in,",
        "and its own loader. Testing is in fp32 in both. The paper's rates are those it reports for an A100.",
        "The last row is the time that the host's metrics take image by image, and the plugin's for all at once.",
        "",
        "| what | stock | plugin | ratio | paper |",
        "|---|---|---|---|---|",
        *rows,
    ]
    write_text(out / "speed.md", "\n".join(lines) + "\n")
    return out / "speed.md"
