"""Scores of a model, the baselines and the noise floor on the same cases of a test set."""

from __future__ import annotations

import hashlib
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..data.dataset import TaskDataset
from ..data.simulate import expected_image
from ..errors import UserError
from . import remembered
from .baselines import BASELINES
from .metrics import METRICS, per_image
from .records import ALL, FLOOR, MODEL
from .remembered import Values


@dataclass(frozen=True)
class Cases:
    """Everything about a test set that does not depend on the model, case by case.

    ``inputs`` float32 (N, T, C, H, W) is what the network reads, ``truths`` (N, C, H, W) what it must produce, NaN at
    pixels without a value. ``targets`` (N,) are the positions of these in their sequences, counted from 0.
    ``predictions`` (N, C, H, W) are those of the baselines and the floor, and ``values`` their metrics by image; only
    the latter where these were kept from an earlier time.
    """

    inputs: np.ndarray
    truths: np.ndarray
    targets: np.ndarray
    predictions: dict[str, np.ndarray]
    values: Values


Memory = dict[tuple[Any, ...], np.ndarray]


def predictors() -> list[str]:
    """The names of all that is scored, in the order of the tables."""
    return [MODEL, *BASELINES, FLOOR]


def collect(dataset: TaskDataset, memory: Memory | None = None, folder: Path | None = None) -> Cases:
    """Read a test set and score the baselines on it; the noise floor only where the clean images are known.

    ``memory`` keeps what the baselines made of which images, for other test sets: of the four variants of a family,
    most cases have the images next to the missing one in common with another's. ``folder`` keeps their scores.
    """
    everything = range(dataset.sequences.index.shape[1])
    cases = range(len(dataset))
    targets = np.array([dataset.case(number)[1].targets for number in cases])
    truths = dataset.targets(cases)[:, 0]

    def read(number: int) -> tuple[np.ndarray, bytes]:
        frames, observed = dataset.read(number, everything)
        return frames[list(dataset.case(number)[1].context)], hashlib.sha256(
            frames.tobytes() + observed.tobytes()
        ).digest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV, which takes most of the time, lets other threads run
        inputs, digests = zip(*pool.map(read, cases), strict=True)
    clean = None
    if dataset.withheld is not None and dataset.withheld.clean is not None:
        sequence = np.array([dataset.case(number)[0] for number in cases])
        clean = dataset.withheld.clean[dataset.withheld.index[sequence, targets[:, 0]]]
    name = remembered.key([*digests, targets.tobytes(), truths.tobytes(), b"" if clean is None else clean.tobytes()])
    path = None if folder is None or name is None else folder / f"{name}.npz"
    values = None if path is None else remembered.load(path, len(dataset))
    predictions = {}
    if values is None:
        predictions = _predicted(dataset, {} if memory is None else memory)
        if clean is not None:
            predictions[FLOOR] = expected_image(clean).astype(np.float32)
        values = {each: _values(images, truths) for each, images in predictions.items()}
        if path is not None:
            remembered.save(path, values)
    return Cases(np.stack(inputs), truths, targets[:, 0], predictions, values)


def _values(images: np.ndarray, truths: np.ndarray) -> dict[str, np.ndarray]:
    found = per_image(torch.from_numpy(images), torch.from_numpy(truths))
    return {metric: each.numpy() for metric, each in found.items()}


def _predicted(dataset: TaskDataset, memory: Memory) -> dict[str, np.ndarray]:
    """What each baseline makes of the cases (N, C, H, W)."""
    everything = range(dataset.sequences.index.shape[1])

    def read(number: int) -> dict[str, np.ndarray]:
        sequence, task, _ = dataset.case(number)
        (target,) = task.targets
        frames, observed = dataset.read(number, everything)
        if dataset.sequences.may_have_holes:  # networks see 0 there; baselines know better
            frames[np.isnan(dataset.sequences.read(sequence, np.arange(len(frames))))] = np.nan
        known, images = np.flatnonzero(observed).tolist(), {}
        digest = cache(lambda *near: hashlib.sha256(frames[list(near)].tobytes()).digest())
        for name, baseline in BASELINES.items():
            near = baseline.sources(known, target)
            # All that a baseline is handed, so an equal key has an equal image, whichever thread comes first.
            key = (name, target, *near, digest(*near))
            if key not in memory:
                # A copy: some are views, which would keep the frames of all cases.
                memory[key] = np.array(baseline.predict({place: frames[place] for place in near}, target))
            images[name] = memory[key]
        return images

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = list(pool.map(read, range(len(dataset))))
    return {name: np.stack([each[name] for each in images]).astype(np.float32) for name in images[0]}


def score(name: str, cases: Cases, model: np.ndarray | None) -> tuple[dict[str, Any], np.ndarray]:
    """Scores by predictor and frame, and the model's SSIM per case (N,). ``model`` is (N, C, H, W); None leaves it out.

    Raises UserError where the model's output is not finite.
    """
    if model is not None and not np.isfinite(model).all():
        raise UserError(f"the model's predictions on {name} are not finite; train again with a lower --lr")
    groups = {str(target + 1): cases.targets == target for target in np.unique(cases.targets)}
    groups[ALL] = np.ones(len(cases.targets), bool)
    scores: dict[str, Any] = {}
    similarity = np.empty(0)
    for predictor in predictors():
        if predictor == MODEL and model is not None:
            values = _values(model, cases.truths)
            similarity = values["ssim"]
        elif predictor in cases.values:
            values = cases.values[predictor]
        else:
            continue
        scores[predictor] = {
            frame: {metric: _finite(values[metric][members].mean()) for metric in METRICS}
            for frame, members in groups.items()
        }
    return scores, similarity


def _finite(value: float) -> float | None:
    """None for the infinite PSNR of an exact prediction, which JSON cannot hold."""
    return float(value) if math.isfinite(value) else None
