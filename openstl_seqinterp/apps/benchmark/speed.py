"""Speed of training and testing by the plugin, relative to the host's own code on the same device."""

from __future__ import annotations

import logging
import platform
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from rich.progress import track
from torch.utils.data import DataLoader

from ... import device, host, speedups
from ...config import resolve
from ...data.loaders import load_data, withheld_datasets
from ...errors import UserError, one_line
from ...evaluation.metrics import METRICS, per_image
from ...evaluation.tables import markdown_table
from ...experiment import SeqInterpExperiment
from ...files import writable_folder, write_json, write_text
from ...protocols import ONE_SIDED
from .cost import Costs, cost
from .entries import arguments
from .timing import STEPS, rate

_THEIR_WORKERS = 4  # OpenSTL's default
# Model types, and the iterations per second that the paper reports for training on an A100.
_PAPER = {"gSTA": {"train": "35 it/s", "test": "-"}, "IncepU": {"train": "22 it/s", "test": "-"}}
STOCK, PLUGIN, COMPILED = "stock", "plugin", "compiled"


def _stock(settings: Namespace, accelerator: str) -> tuple[pl.LightningModule, DataLoader]:
    """The method and a loader as the host makes them."""
    ours, _, _ = load_data(view=ONE_SIDED, **vars(settings))
    method = host.method_maps["simvp"](
        steps_per_epoch=len(ours), test_mean=0, test_std=1, save_dir=settings.res_dir, **vars(settings)
    )
    loader = DataLoader(
        ours.dataset,
        settings.batch_size,
        shuffle=True,
        num_workers=_THEIR_WORKERS,
        pin_memory=accelerator == "gpu",
        drop_last=True,
    )
    return method, loader


def _rates(way: str, model_type: str, data_root: str) -> dict[str, float]:
    """Iterations per second of training the paper's network and, unless compiled, of testing it."""
    accelerator, full = device.accelerator(device.CUDA), device.PRECISIONS["32"]
    with tempfile.TemporaryDirectory() as folder:
        argv = ["-m", "SimVP", "--model_type", model_type, "--data_root", data_root]
        argv += ["--res_dir", folder, "--no_display_method_info", "--test_sets", "n6"]
        settings = resolve(argv)
        if way == STOCK:
            method, loader = _stock(settings, accelerator)
            return {
                "train": rate(method, loader, accelerator, full, train=True),
                "test": rate(method, loader, accelerator, full, train=False),
            }
        experiment = SeqInterpExperiment(settings)
        method, loader = experiment.method, experiment.data.train_loader
        with experiment.compiled(way == COMPILED):
            rates = {"train": rate(method, loader, accelerator, experiment.precision, train=True)}
        if way != COMPILED:
            # Scores are computed in fp32, so testing cannot gain from half precision.
            rates["test"] = rate(method, loader, accelerator, full, train=False)
        return rates


def _apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in its own process, so that no variant inherits the state of another."""
    still: dict[str, Any] = {"initializer": logging.disable, "initargs": (logging.INFO,)}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), **still) as pool:
        return pool.submit(function, *arguments).result()


def _seconds(function: Callable[[], Any], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def _metrics(data_root: str) -> dict[str, Any]:
    """Seconds of the host's metrics and the plugin's on the same images, with the runner's CPU settings."""
    speedups.keep_freed_memory()
    dataset = withheld_datasets(Path(data_root), ONE_SIDED.name, ONE_SIDED, ["n6"])["n6"]
    truths = torch.from_numpy(dataset.targets(range(len(dataset)))[:, 0])
    images = (truths + 0.05 * torch.randn(truths.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    seconds = {PLUGIN: _seconds(lambda: per_image(images, truths), 100)}
    if host.metric is not None:
        arrays = images[:, None].numpy(), truths[:, None].numpy()
        options: dict[str, Any] = {"metrics": list(METRICS), "return_log": False}
        seconds[STOCK] = _seconds(lambda: host.metric(*arrays, 0, 1, **options), 5)
    return {"metrics": list(METRICS), "images": len(truths), "seconds": seconds}


def _found(way: str, model_type: str, data_root: str) -> dict[str, float] | None:
    """`_rates`, or None if networks cannot be compiled."""
    try:
        rates: dict[str, float] = _apart(_rates, way, model_type, data_root)
    except UserError as error:
        if way != COMPILED:
            raise
        print(f"{model_type}, {way}: not measured: {error}")
        return None
    return rates


def measure(out: Path, data_root: str, entries: Sequence[str] = (), preset: str = "quick") -> Path:
    """Measure all, write ``out/speed.json`` and, from it, ``out/speed.md``, whose path is returned.

    The costs of ``entries``, with the configs of ``preset``, are for the leaderboard; those that ``speed.json`` has of
    others are kept if they are of the same device and preset. Takes minutes on a CPU, and for each entry some seconds.
    UserError, before anything is measured, where ``out`` cannot be written to or an entry has no config.
    """
    writable_folder(out)
    for entry in entries:
        arguments(entry, preset)
    earlier = Costs.read(out / "speed.json")
    accelerator = device.accelerator(device.CUDA)
    warm, steps = STEPS[accelerator]
    types = [name for name in _PAPER if name in host.MODEL_TYPES]
    metrics = _apart(_metrics, data_root)
    rates: dict[str, dict[str, dict[str, float]]] = {name: {} for name in types}
    for name, way in track([(n, w) for n in types for w in (STOCK, PLUGIN, COMPILED)], "measuring"):
        speeds = _found(way, name, data_root)
        if speeds is not None:
            rates[name][way] = speeds
    described = device.describe(accelerator, device.precision(device.AUTO, accelerator))
    costs = _kept(earlier, described, preset)
    for entry in track(entries, "measuring methods"):
        try:
            name, found = _apart(cost, entry, preset, data_root)
        except (UserError, RuntimeError) as error:  # PyTorch's, mostly
            print(f"{entry}: not measured: {one_line(error)}")
        else:
            costs[name] = found
    record = {
        "host": host.NAME,
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "device": described,
        "steps": {"warm-up": warm, "measured": steps},
        "iterations a second": rates,
        "metrics": metrics,
        "preset": preset,
        "methods": costs,
    }
    write_json(out / "speed.json", record)
    write_text(out / "speed.md", page(record))
    return out / "speed.md"


def _kept(earlier: Costs | None, described: str, preset: str) -> dict[str, Any]:
    """The costs of an earlier measurement that can stand beside new ones."""
    if earlier is None or not earlier.methods:
        return {}
    if (earlier.device, earlier.preset) != (described, preset):
        print(
            f"costs of {len(earlier.methods)} methods are left out, as they were measured on {earlier.device}, preset "
            f"{earlier.preset}: name all --methods to measure them again"
        )
        return {}
    return {name: each.model_dump() for name, each in earlier.methods.items()}


def page(record: dict[str, Any]) -> str:
    """The page of a `measure` record."""
    lines = [
        "# Speed",
        "",
        f"Made by `python tools/benchmark.py --speed` with {record['host']}, torch {record['versions']['torch']}, "
        f"Python {record['versions']['python']}; {record['device']}. Data: [speed.json](speed.json).",
        "",
        "The paper's network (64/256/2/8), batches of 16, with Lightning's Trainer, each variant in its own process:",
        f"the median of {record['steps']['measured']} steps after {record['steps']['warm-up']} of warm-up.",
        "`stock` is what the host's runner does: fp32, default memory layout, a loader with four worker processes.",
        "`plugin` is what `tools/train.py` does: the precision, the layout of weights and the form of dilated",
        "convolutions that are fast on the device, freed memory kept on a CPU, and its own loader. `compiled` adds",
        "`--compile`, for training only. All testing is in fp32. The paper's rates are those it reports for",
        "training on an A100.",
        "",
    ]
    rows = []
    for name, ways in record["iterations a second"].items():
        for what, paper in _PAPER[name].items():
            stock = ways[STOCK][what]
            cells = [f"{stock:.2f} it/s"]
            for way in (PLUGIN, COMPILED):
                found = ways.get(way, {}).get(what)
                cells += [f"{found:.2f} it/s", f"{found / stock:.1f}"] if found else ["-", "-"]
            rows.append([f"{name}, {what}", *cells, paper])
    lines += markdown_table(["what", "stock", "plugin", "ratio", "compiled", "ratio", "paper"], rows)
    metrics, seconds = record["metrics"], record["metrics"]["seconds"]
    label, plugin = f"{', '.join(metrics['metrics'])} of {metrics['images']} images", seconds[PLUGIN]
    stock = seconds.get(STOCK)
    before, ratio = (f"{stock:.4f} s", f"{stock / plugin:.0f}") if stock else ("needs OpenSTL", "-")
    lines += [
        "",
        "The host computes metrics image by image, the plugin on all images at once:",
        "",
        *markdown_table(["what", "stock", "plugin", "ratio"], [[label, before, f"{plugin:.4f} s", ratio]]),
    ]
    return "\n".join(lines) + "\n"
