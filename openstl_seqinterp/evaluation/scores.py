"""Scores of a model, the baselines and the noise floor on the same cases of a test set."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from ..data.dataset import TaskDataset
from ..data.simulate import expected_image
from ..errors import UserError
from . import remembered
from .baselines import BASELINES
from .metrics import METRICS, per_image
from .records import ALL, FLOOR, MODEL


@dataclass(frozen=True)
class Cases:
    """Everything about a test set that does not depend on the model, case by case.

    ``inputs`` float32 (N, T, C, H, W) is what the network reads, ``truths`` (N, C, H, W) what it must produce, NaN at
    pixels without a value, ``targets`` (N,) the positions of these in their sequences, counted from 0.
    ``predictions`` are of the baselines; ``values`` are what is known of their scores, for which those are not needed.
    """

    inputs: np.ndarray
    truths: np.ndarray
    targets: np.ndarray
    predictions: dict[str, np.ndarray]
    values: dict[str, remembered.Values]


Key = tuple[Any, ...]  # of a baseline and a case: name, target, the places that it reads, a digest of their images
Memory = dict[Key, np.ndarray]


def predictors() -> list[str]:
    """The names of all that is scored, in the order of the tables."""
    return [MODEL, *BASELINES, FLOOR]


def collect(dataset: TaskDataset, memory: Memory | None = None, folder: Path | None = None) -> Cases:
    """Read a test set and run the baselines on it; the noise floor only where the clean images are known.

    ``memory`` keeps what the baselines made of which images, for other test sets: of the four variants of a family,
    most cases have the images next to the missing one in common with another's. A file in ``folder`` keeps their
    scores for other models: those that it has are not predicted.
    """
    memory = {} if memory is None else memory
    path = None if folder is None else folder / f"{dataset.data_name}.npz"
    cases = range(len(dataset))
    with _threads() as pool:
        inputs, handed = zip(*pool.map(partial(_read, dataset), cases), strict=True)
        truths = dataset.targets(cases)[:, 0]
        read = {name: [each[name] for each in handed] for name in BASELINES}
        digests = {} if path is None else remembered.digests(read, truths)
        values = {} if path is None else remembered.read(path, digests, len(cases))
        names = [name for name in BASELINES if name not in values]
        list(pool.map(partial(_predict, dataset, names, memory), cases, handed))
    predictions = {name: np.stack([memory[each[name]] for each in handed]).astype(np.float32) for name in names}
    fresh = {name: _values(predictions[name], truths) for name in names if name in digests}
    if path is not None and fresh:
        remembered.write(path, digests, values := values | fresh)
    targets = np.array([dataset.case(number)[1].targets for number in cases])
    if dataset.withheld is not None and dataset.withheld.clean is not None:
        sequence = np.array([dataset.case(number)[0] for number in cases])
        clean = dataset.withheld.clean[dataset.withheld.index[sequence, targets[:, 0]]]
        predictions[FLOOR] = expected_image(clean).astype(np.float32)
    return Cases(np.stack(inputs), truths, targets[:, 0], predictions, values)


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """One for each core. OpenCV, which takes most of the time, lets others run, and has no more inside each."""
    inside = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield pool
    finally:
        cv2.setNumThreads(inside)


def _frames(dataset: TaskDataset, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All frames of a case as networks see them, and as baselines do; which are observed.

    Networks see 0 at a pixel without a value; baselines know better: it is NaN.
    """
    everything = np.arange(dataset.sequences.index.shape[1])
    frames, observed = dataset.read(number, everything)
    if not dataset.sequences.may_have_holes:
        return frames, frames, observed
    holes = np.isnan(dataset.sequences.read(dataset.case(number)[0], everything))
    return frames, np.where(holes, np.float32(np.nan), frames), observed


def _read(dataset: TaskDataset, number: int) -> tuple[np.ndarray, dict[str, Key]]:
    """What a network reads of a case, (T, C, H, W), and keys: where a baseline's are equal, its images are."""
    _, task, _ = dataset.case(number)
    (target,) = task.targets
    frames, seen, observed = _frames(dataset, number)
    known = np.flatnonzero(observed).tolist()
    digest = cache(lambda *near: hashlib.sha256(seen[list(near)].tobytes()).digest())
    read = {name: baseline.sources(known, target) for name, baseline in BASELINES.items()}
    return frames[list(task.context)], {name: (name, target, *near, digest(*near)) for name, near in read.items()}


def _predict(
    dataset: TaskDataset, names: Sequence[str], memory: Memory, number: int, handed: Mapping[str, Key]
) -> None:
    """Add to ``memory`` what it lacks of some baselines, for a case."""
    lacking = [name for name in names if handed[name] not in memory]
    if not lacking:
        return
    _, seen, _ = _frames(dataset, number)
    for name in lacking:
        _, target, *near, _ = handed[name]
        # A copy: some are views, which would keep the frames of all cases.
        memory[handed[name]] = np.array(BASELINES[name].predict({place: seen[place] for place in near}, target))


def _values(images: np.ndarray, truths: np.ndarray) -> remembered.Values:
    scored = per_image(torch.from_numpy(images), torch.from_numpy(truths))
    return {metric: values.numpy() for metric, values in scored.items()}


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
        images = model if predictor == MODEL else cases.predictions.get(predictor)
        values = cases.values.get(predictor)
        if values is None:
            if images is None:
                continue
            values = _values(images, cases.truths)
        if predictor == MODEL:
            similarity = values["ssim"]
        scores[predictor] = {
            frame: {metric: _finite(values[metric][members].mean()) for metric in METRICS}
            for frame, members in groups.items()
        }
    return scores, similarity


def _finite(value: float) -> float | None:
    """None for the infinite PSNR of an exact prediction, which JSON cannot hold."""
    return float(value) if math.isfinite(value) else None
