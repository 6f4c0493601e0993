"""What ``seqinterp predict`` leaves beside a result: report.json, a strip of images and an animation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._version import __version__
from ...errors import UserError
from ...files import write_json
from ..words import numbered
from .choice import described
from .doubts import Doubts
from .fillers import Filler
from .pictures import ANIMATION, STRIP, Pictures
from .work import Work

if TYPE_CHECKING:
    from .job import Job

REPORT, UNCERTAINTY = "report.json", "uncertainty.npy"
OWN = {REPORT, STRIP, ANIMATION, UNCERTAINTY}


class Report:
    """Collects what is filled, as it is filled, for files in ``folder`` whose names begin with ``stem``."""

    def __init__(self, job: Job, folder: Path, stem: str) -> None:
        self.job, self.folder, self.stem = job, folder, stem
        self.pictures = Pictures(job, folder, stem)
        self.scores: list[dict[str, Any]] = []
        self.doubts = Doubts(job, folder / (stem + UNCERTAINTY)) if job.request.uncertainty else None
        self.empty: list[int] = []  # places of images without any value

    def add(self, sequence: int, place: int, image: np.ndarray) -> None:
        """Take notice of an image (H, W, C) in unit values. UserError where the truth cannot be compared with it."""
        if sequence == 0:
            self.pictures.add(place, image)
        if self.job.truth is not None:
            true = self.job.scale.to_unit(self.job.truth.read(sequence, place))
            colours = slice(3 if image.shape[2] == 4 else None)  # an alpha that is the same everywhere flatters
            scores = score(image[..., colours], true[..., colours])
            self.scores.append({"sequence": sequence + 1, "image": place + 1, **scores})
        if np.isnan(image).all():
            self.empty.append(place)
        if self.doubts is not None:
            deviation = self.doubts.add(sequence, place, image)
            if sequence == 0:
                said = self.doubts.said[0, place]
                self.pictures.add_doubt(place, deviation, "" if said is None else f"±{said['mean']:.3g}")

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
                if self.doubts is not None:
                    filled[-1]["uncertainty"] = self.doubts.said[sequence, place]
        cuts, notes = self._cuts(number)
        notes += self.doubts.notes() if self.doubts is not None else []
        if self.empty:
            notes.append(f"{numbered(self.empty)}: no value, since no image that is read has one")
        used = list(dict.fromkeys(choice.filling.filler for choice in job.choices))
        notes += remarks(job, used)
        content = {
            **described_work(job, used),
            "form": job.form,
            "files": sorted({path.parts[0] for path in written}),
            "filled": filled,
            "seconds": round(seconds, 2),
            "cuts": cuts,
            "notes": [*source.notes, *described(job.choices), *notes],
        }
        if len(job.fillers) > 1:
            content["chosen"] = [
                {
                    "sequence": number,
                    "method": choice.filling.filler.name,
                    "known_images": len(choice.errors),
                    "psnr": {name: round(value, 2) for name, value in choice.psnr.items()},
                }
                for number, choice in enumerate(job.choices, 1)
            ]
        if self.doubts is not None:
            content["uncertainty"] = self.doubts.content()
        if job.truth is not None:
            metrics = dict.fromkeys(metric for score in self.scores for metric in score)
            means = {
                metric: float(np.mean([score[metric] for score in self.scores if metric in score]))
                for metric in metrics
                if metric not in ("sequence", "image")
            }
            content["scores"] = {"mean": means, "images": self.scores}
        return content

    def _cuts(self, number: dict[int, int]) -> tuple[list[list[int]], list[str]]:
        """The numbers of the images beside each cut that was in the way, and what to say of them."""
        found = sorted({cut for choice in self.job.choices for cut in choice.filling.found})
        cuts = [[number[one], number[other]] for one, other in found if one in number and other in number]
        notes = []
        if cuts:
            numbers = ", ".join(f"{one} and {other}" for one, other in cuts)
            notes.append(f"cut between images {numbers}: not crossed (--cuts none turns this off)")
        if hidden := [f"{one} and {other}" for one, other in cuts if other - one > 1]:
            notes.append(
                f"no image shows where between {', '.join(hidden)} the scene ends: images there are taken to be of the "
                "scene of the nearer one"
            )
        flashes = sorted({place for choice in self.job.choices for place in choice.filling.flashes})
        if shown := [number[place] - 1 for place in flashes if place in number]:
            notes.append(f"{numbered(shown)}: unlike those on both sides, which are alike, and not read (see --cuts)")
        return cuts, notes

    def write(self, content: dict[str, Any]) -> None:
        """Write report.json."""
        write_json(self.folder / (self.stem + REPORT), content)


def described_work(work: Work, used: Sequence[Filler]) -> dict[str, Any]:
    """What every report says of a ``work`` and of the fillers that were ``used``."""
    source = work.source
    return {
        "input": str(source.path),
        "understood": source.describe(),
        "found": work.found,
        "method": " and ".join(filler.name for filler in used),
        "openstl_seqinterp": __version__,
        "torch": version("torch"),
        "images": {"type": str(source.dtype), "shape": list(source.shape)},
        "range": None if work.scale.labels else [work.scale.low, work.scale.low + work.scale.span],
        "sequences": source.sequences,
        "length": {"before": source.length, "after": len(work.layout)},
        "extended_by": work.request.extend,
        "inserted_between": work.request.insert,
    }


def remarks(work: Work, used: Sequence[Filler]) -> list[str]:
    """What a user must know of the fillers that were ``used``."""
    notes = []
    for filler in used:
        notes += work.scale.remarks(filler.trained, work.source.levels.values())
        notes += filter(None, [filler.remark])
    return notes


def files_of(folder: Path) -> set[str] | None:
    """The names that the result in ``folder`` has there, by its report; None where it holds none."""
    try:
        files = json.loads((folder / REPORT).read_text(encoding="utf-8"))["files"]
        return {*files, *OWN}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def score(image: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """The metrics of an image (H, W, C) in unit values; pixels without a value, there or in the truth, take no part.

    SSIM, which looks at windows, is left out where there are such pixels or fewer than its window has. Nothing is
    clipped: the outermost values of a sequence lie beyond 0 and 1, and they are as true as others.
    """
    from torch import from_numpy

    from ...evaluation.metrics import METRICS

    known = ~(np.isnan(image) | np.isnan(true)).any(axis=-1)
    if not known.any():
        raise UserError("--truth: a filled image and the true one have no pixel in common that has a value")
    whole = bool(known.all())
    scores = {}
    for name, metric in METRICS.items():
        if whole:
            pair = [from_numpy(np.ascontiguousarray(each.transpose(2, 0, 1)))[None] for each in (image, true)]
        elif metric.windowed:
            continue
        else:
            pair = [from_numpy(np.ascontiguousarray(each[known].T))[None, :, None] for each in (image, true)]
        try:
            value = float(metric.function(*pair))
        except ValueError:
            continue
        scores[name] = round(min(value, 1e6), 6)  # an exact image's PSNR is infinite
    return scores
