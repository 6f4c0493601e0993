"""What ``seqinterp predict`` leaves beside a result: report.json, a strip of images and an animation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from ..._version import __version__
from ...errors import UserError
from ...evaluation.figures import sequence_animation, sequence_figure
from ...evaluation.metrics import METRICS
from ...files import write_json

if TYPE_CHECKING:
    from .job import Job

REPORT, STRIP, ANIMATION = "report.json", "strip.png", "sequence.gif"
OWN = {REPORT, STRIP, ANIMATION}
_SHOWN, _THUMBNAIL = 16, 160  # images in the pictures, and the most pixels of their sides there


class Report:
    """Collects what is filled, as it is filled."""

    def __init__(self, job: Job) -> None:
        self.job = job
        count, first = len(job.layout), job.layout.index(None)
        self.shown = range(max(0, min(first - _SHOWN // 2, count - _SHOWN)), count)[:_SHOWN]
        self.thumbnails: dict[int, np.ndarray] = {}
        self.scores: list[dict[str, Any]] = []

    def add(self, sequence: int, place: int, image: np.ndarray) -> None:
        """Take notice of an image (H, W, C) in unit values. UserError where the truth cannot be compared with it."""
        if sequence == 0 and place in self.shown:
            self.thumbnails[place] = self._thumbnail(image)
        if self.job.truth is not None:
            true = self.job.scale.to_unit(self.job.truth.read(sequence, place))
            colours = slice(3 if image.shape[2] == 4 else None)  # an alpha that is the same everywhere flatters
            scores = _score(image[..., colours], true[..., colours])
            self.scores.append({"sequence": sequence + 1, "image": place + 1, **scores})

    def draw(self, strip: Path, animation: Path) -> None:
        """Write the pictures."""
        job, filled = self.job, self.thumbnails
        frames = np.stack([
            filled[place] if place in filled else self._thumbnail(job.image(0, place)) for place in self.shown
        ])  # fmt: skip
        marked = {number: filled[place] for number, place in enumerate(self.shown) if place in filled}
        sequence_figure(strip, frames, marked, {}, first=self.shown.start + 1)
        sequence_animation(animation, frames, marked, scale=max(1, 320 // max(frames.shape[2:])))

    def _thumbnail(self, image: np.ndarray) -> np.ndarray:
        """(C, H, W) in [0, 1] of an image in unit values. Those of 8 bits are shown as they are."""
        scale = self.job.scale
        if scale.labels:
            image = image / (np.nanmax(image, initial=0) or 1)
        elif scale.dtype == np.uint8:
            image = (image * scale.span + scale.low) / 255
        return _thumbnail(image)

    def content(self, written: list[Path], seconds: float) -> dict[str, Any]:
        """What report.json holds. Numbers of images are those of the result and count from 1."""
        job, source = self.job, self.job.source
        number = {position: place + 1 for place, position in enumerate(job.places.position) if position is not None}
        filled = []
        for sequence in range(source.sequences):
            for place in [place for place, position in enumerate(job.layout) if position is None]:
                reading = job.reading(sequence, place)
                if reading is None:
                    continue
                instant = source.timeline.instant(float(job.places.places[place]))
                filled.append({
                    "sequence": sequence + 1,
                    "image": place + 1,
                    "at": source.timeline.text(instant),
                    "read_from": [number[each] for each in reading.sources if each in number],
                })  # fmt: skip
        content: dict[str, Any] = {
            "input": str(source.path),
            "understood": source.describe(),
            "found": job.found,
            "method": job.filler.name,
            "openstl_seqinterp": __version__,
            "torch": torch.__version__,
            "images": {"type": str(source.dtype), "shape": list(source.shape)},
            "range": None if job.scale.labels else [job.scale.low, job.scale.low + job.scale.span],
            "sequences": source.sequences,
            "length": {"before": source.length, "after": len(job.layout)},
            "extended_by": job.request.extend,
            "inserted_between": job.request.insert,
            "form": job.form,
            "files": sorted({path.parts[0] for path in written}),
            "filled": filled,
            "seconds": round(seconds, 2),
            "notes": list(source.notes),
        }
        if job.truth is not None:
            means = {
                metric: float(np.mean([score[metric] for score in self.scores if metric in score]))
                for metric in METRICS
                if any(metric in score for score in self.scores)
            }
            content["scores"] = {"mean": means, "images": self.scores}
        return content

    def write(self, path: Path, content: dict[str, Any]) -> None:
        """Write report.json."""
        write_json(path, content)


def files_of(folder: Path) -> set[str] | None:
    """The names that the result in ``folder`` has there, by its report; None where it holds none."""
    try:
        files = json.loads((folder / REPORT).read_text(encoding="utf-8"))["files"]
        return {*files, *OWN}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """(C, H, W) in [0, 1], grey or RGB, no side longer than `_THUMBNAIL`, black where there is no value."""
    colours = image[..., :3] if image.shape[2] >= 3 else image[..., :1]
    factor = min(1.0, _THUMBNAIL / max(image.shape[:2]))
    size = [max(1, round(side * factor)) for side in (image.shape[1], image.shape[0])]
    small = cv2.resize(np.nan_to_num(colours), size, interpolation=cv2.INTER_AREA)
    return np.clip(small.reshape(size[1], size[0], -1), 0, 1).transpose(2, 0, 1)


def _score(image: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """The metrics of an image (H, W, C); pixels without a value, there or in the truth, take no part.

    SSIM, which looks at windows, is left out where there are such pixels or fewer than its window has.
    """
    known = ~(np.isnan(image) | np.isnan(true)).any(axis=-1)
    if not known.any():
        raise UserError("--truth: a filled image and the true one have no pixel in common that has a value")
    whole = bool(known.all())
    scores = {}
    for name, metric in METRICS.items():
        if whole:
            pair = [torch.from_numpy(np.ascontiguousarray(each.transpose(2, 0, 1)))[None] for each in (image, true)]
        elif metric.windowed:
            continue
        else:
            pair = [torch.from_numpy(np.ascontiguousarray(each[known].T))[None, :, None] for each in (image, true)]
        try:
            value = float(metric.function(pair[0].clamp(0, 1) if metric.clipped else pair[0], pair[1]))
        except ValueError:
            continue
        scores[name] = round(min(value, 1e6), 6)  # an exact image's PSNR is infinite
    return scores
