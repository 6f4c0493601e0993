"""Scores of a model, the baselines and the noise floor on the same cases of a test set."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..data.dataset import TaskDataset
from ..data.simulate import expected_image
from ..errors import UserError
from ..parallel import threads
from . import remembered
from .baselines import BASELINES, Images
from .metrics import METRICS, per_image
from .records import ALL, FLOOR, MODEL

Values = dict[str, np.ndarray]  # float64 (N,) by metric
Memory = remembered.Rows


@dataclass(frozen=True)
class Cases:
    """Everything about a test set that does not depend on the model, case by case.

    ``truths`` float32 (N, C, H, W) is what must be produced, NaN at pixels without a value, ``targets`` (N,) the
    positions of these in their sequences, counted from 0; ``values`` are the scores of the baselines and of the floor.
    """

    truths: np.ndarray
    targets: np.ndarray
    values: dict[str, Values]


def predictors() -> list[str]:
    """The names of all that is scored, in the order of the tables."""
    return [MODEL, *BASELINES, FLOOR]


def collect(dataset: TaskDataset, memory: Memory | None = None, folder: Path | None = None) -> Cases:
    """Read a test set and score the baselines on it; the noise floor only where the clean images are known.

    No more than a case for each core is held: of what a baseline predicts, its scores remain. ``memory`` keeps them
    for other test sets: of the four variants of a family, many cases have the images next to the missing one in common
    with another's. A file in ``folder`` keeps them for other models.
    """
    memory = {} if memory is None else memory
    path = None if folder is None else folder / f"{dataset.data_name}.npz"
    kept = {} if path is None else remembered.read(path)
    memory.update(kept)
    cases = range(len(dataset))
    with threads() as pool:
        keys = list(pool.map(partial(_score_baselines, dataset, memory), cases))
    own = {key: memory[key] for each in keys for name, key in each.items() if remembered.keepable(name)}
    if path is not None and own.keys() - kept.keys():
        remembered.write(path, own)
    rows = {name: np.stack([memory[each[name]] for each in keys]) for name in BASELINES}
    values = {name: dict(zip(METRICS, each.T, strict=True)) for name, each in rows.items()}
    truths = dataset.targets(cases)[:, 0]
    targets = np.array([dataset.case(number)[1].targets[0] for number in cases])
    if dataset.withheld is not None and dataset.withheld.clean is not None:
        sequence = np.array([dataset.case(number)[0] for number in cases])
        clean = dataset.withheld.clean[dataset.withheld.index[sequence, targets]]
        values[FLOOR] = _values(expected_image(clean).astype(np.float32), truths)
    return Cases(truths, targets, values)


def handed(dataset: TaskDataset, number: int) -> tuple[int, dict[str, Images]]:
    """The position that a case is about, and the images (C, H, W) that each baseline is handed, by their positions.

    Networks see 0 at a pixel without a value; baselines know better: it is NaN.
    """
    sequence, task, _ = dataset.case(number)
    everything = np.arange(dataset.sequences.index.shape[1])
    frames, observed = dataset.read(number, everything)
    if dataset.sequences.may_have_holes:
        frames[np.isnan(dataset.sequences.read(sequence, everything))] = np.nan
    (target,), known = task.targets, np.flatnonzero(observed).tolist()
    near = {name: baseline.sources(known, target) for name, baseline in BASELINES.items()}
    return target, {name: {place: frames[place] for place in places} for name, places in near.items()}


def _score_baselines(dataset: TaskDataset, memory: Memory, number: int) -> dict[str, bytes]:
    """Where in ``memory`` the scores of each baseline on a case are; those that it lacks are added."""
    target, images = handed(dataset, number)
    truth, keys = dataset.targets(number)[0], {}
    for name, near in images.items():
        key = keys[name] = remembered.key(name, target, near, truth)
        if key not in memory:
            # One by one, so that no bit depends on what else is scored.
            scored = _values(BASELINES[name].predict(near, target)[None].astype(np.float32), truth[None])
            memory[key] = np.concatenate([*scored.values()])
    return keys


def _values(images: np.ndarray, truths: np.ndarray) -> Values:
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
        values = cases.values.get(predictor)
        if predictor == MODEL and model is not None:
            values = _values(model, cases.truths)
        if values is None:
            continue
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
