"""Hide images of real sequences, predict them in every way, and score what comes out."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from .... import device
from ....errors import UserError
from ....evaluation.metrics import per_image
from ....motion.flow import forget
from ...fill.uncertainty import BAND
from .clips import Clip, clips
from .record import ClipInfo, RealResult, Score
from .ways import PYSTEPS, RIFE, Way, versions

GAPS = {"single images": 1, "three in a row": 3, "every second": 0}  # hidden images, by the name of the task
LEADS = 6  # images after the last known one
_BESIDE = 4  # known images on each side of a gap
_KNOWN = 8  # known images before a continuation, four in a short sequence
_EVERY = 5  # images from one continuation to the next


@dataclass(frozen=True)
class Trial:
    """Frames that are hidden together, each with the name of its task; those from ``length`` on are not there."""

    places: tuple[int, ...]
    tasks: tuple[str, ...]
    length: int

    @property
    def continues(self) -> bool:
        """Whether the hidden frames follow the known ones."""
        return self.places[-1] == self.length - 1


@dataclass(frozen=True)
class Shown:
    """A hidden image and its predictions by method, (H, W, C) in unit values, for a picture; ``number`` from 1.

    ``deviations`` (H, W) are how far those are off that say so.
    """

    sequence: str
    number: int
    truth: np.ndarray
    predictions: dict[str, np.ndarray]
    deviations: dict[str, np.ndarray]


def lead(step: int) -> str:
    """The name of the task of the image ``step`` after the last known one."""
    return f"lead {step}"


def trials(length: int) -> list[Trial]:
    """What is hidden of a sequence, as `head_to_head.py` of the task does: gaps with four known images on each side."""
    found = []
    for name, gap in GAPS.items():
        if gap:
            starts = range(_BESIDE, length - gap - _BESIDE + 1, max(2 * gap + 3, 7))
            places = tuple(place for start in starts for place in range(start, start + gap))
        else:
            places = tuple(range(1, length - 1, 2))
        if places:
            found.append(Trial(places, (name,) * len(places), length))
    first = _KNOWN if length >= _KNOWN + LEADS else _BESIDE
    steps = min(LEADS, length - first)
    if steps > 0:
        tasks = tuple(lead(step) for step in range(1, steps + 1))
        starts = range(first, length - steps + 1, _EVERY)
        found += [Trial(tuple(range(start, start + steps)), tasks, start + steps) for start in starts]
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV and PyTorch with one thread each."""
    before = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


def compare(folder: Path, used: Sequence[Way]) -> tuple[RealResult, list[Shown]]:
    """The record of a comparison on the sequences of a folder, and an image of each for a picture."""
    start, left_out = (time.perf_counter(), time.process_time()), list[str]()
    found: dict[str, ClipInfo] = {}
    found_scores: list[Score] = []
    shown: list[Shown] = []
    with one_thread():
        for clip in clips(folder, left_out):
            count, height, width, channels = clip.frames.shape
            found[clip.name] = ClipInfo(
                images=count,
                first=clip.first,
                width=width,
                height=height,
                channels=channels,
                dtype=clip.frames.dtype.name,
                speed=clip.speed(),
                notes=clip.notes,
            )
            print(f"{clip.name}: {count} images of {width}x{height}", flush=True)
            rows, picture = _scored(clip, used)
            found_scores += rows
            shown += [picture] if picture else []
        if not found_scores:
            raise UserError(f"--real {folder}: no image has a pixel with a value; name a folder of others")
        record = RealResult(
            folder=folder.name,
            machine=device.describe("cpu", device.PRECISIONS["32"]).partition(",")[0],
            threads=torch.get_num_threads(),
            versions=versions(used),
            minutes=(time.perf_counter() - start[0]) / 60,
            processor_minutes=(time.process_time() - start[1]) / 60,
            methods=[way.name for way in used],
            ours=[way.name for way in used if way.name not in (RIFE, PYSTEPS)],
            clips=found,
            left_out=left_out,
            scores=found_scores,
        )
    return record, shown


def _scored(clip: Clip, used: Sequence[Way]) -> tuple[list[Score], Shown | None]:
    """The scores of a clip, and the middle one of its images that were hidden one by one."""
    values: dict[tuple[str, str], list[dict[str, float]]] = {}
    picture = None
    for trial in trials(len(clip.frames)):
        observed = np.ones(trial.length, bool)
        observed[list(trial.places)] = False
        images, seconds = {}, {}
        for way in used:
            if way.reads(clip) and (way.continues if trial.continues else way.fills):
                forget()  # the flows that another has searched are none of its own
                start = time.process_time()
                images[way.name] = way.predict(clip, observed, trial.places)
                seconds[way.name] = (time.process_time() - start) / len(trial.places)
        unsure = {} if trial.continues else _deviations(clip, observed, trial, used)
        for number, (place, task) in enumerate(zip(trial.places, trial.tasks, strict=True)):
            these = {name: each[number] for name, each in images.items()}
            doubts = {name: each[number] for name, each in unsure.items()}
            truth = clip.truth(place)
            for name, score in scores(truth, these).items():
                del score["mae"]
                inside = {"inside": _inside(truth, these[name], doubts[name])} if name in doubts else {}
                values.setdefault((task, name), []).append({**score, **inside, "seconds": seconds[name]})
            if task == next(iter(GAPS)) and number == len(trial.places) // 2:
                picture = Shown(clip.name, clip.first + place, truth, these, doubts)
    rows = []
    for (task, name), each in values.items():
        means = {key: float(np.mean([value[key] for value in each])) for key in each[0]}
        psnr = means.pop("psnr")
        ratio = psnr if math.isfinite(psnr) else None
        rows.append(Score(sequence=clip.name, task=task, method=name, images=len(each), psnr=ratio, **means))
    return rows, picture


def _deviations(clip: Clip, observed: np.ndarray, trial: Trial, used: Sequence[Way]) -> dict[str, list[np.ndarray]]:
    """How far the images of a trial may be off, by the methods that say so."""
    found = {way.name: way.deviations(clip, observed, trial.places) for way in used if way.reads(clip) and way.fills}
    return {name: each for name, each in found.items() if each is not None}


def _inside(truth: np.ndarray, image: np.ndarray, deviation: np.ndarray) -> float:
    """The share of the values (H, W, C) of an image, where there are any, whose error lies within the 90% band."""
    error = np.abs(image - truth)
    return float((error <= BAND * deviation[..., None])[np.isfinite(error)].mean())


def scored_pixels(truth: np.ndarray, predictions: Iterable[np.ndarray]) -> np.ndarray:
    """Bool (H, W, C): where the truth and all predictions have a value."""
    return np.logical_and.reduce([np.isfinite(image) for image in (truth, *predictions)])


def scores(truth: np.ndarray, predictions: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """PSNR, SSIM, MSE and MAE of each prediction (H, W, C), in levels of 255, over its `scored_pixels`; {} for none."""
    scored = scored_pixels(truth, predictions.values())
    if not scored.any():
        return {}
    true = torch.from_numpy(np.where(scored, truth, np.nan)).permute(2, 0, 1)[None]
    found = {}
    for name, image in predictions.items():
        predicted = torch.from_numpy(np.nan_to_num(image)).permute(2, 0, 1)[None]
        values = {metric: float(each) for metric, each in per_image(predicted, true).items()}
        values["mse"] *= 255**2 / int(scored.sum())
        values["mae"] *= 255 / int(scored.sum())
        found[name] = {key: values[key] for key in ("psnr", "ssim", "mse", "mae")}
    return found
