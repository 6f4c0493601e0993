"""What ``seqinterp predict`` leaves beside a result: report.json, a strip of images and an animation."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ..._version import __version__
from ...errors import UserError
from ...files import write_json
from ..words import numbered
from .choice import described
from .doubts import Doubts

if TYPE_CHECKING:
    from .job import Job

REPORT, STRIP, ANIMATION, UNCERTAINTY = "report.json", "strip.png", "sequence.gif", "uncertainty.npy"
OWN = {REPORT, STRIP, ANIMATION, UNCERTAINTY}
_SHOWN, _THUMBNAIL = 16, 160  # images in the pictures, and the most pixels of their sides there


class Report:
    """Collects what is filled, as it is filled, for files in ``folder`` whose names begin with ``stem``."""

    def __init__(self, job: Job, folder: Path, stem: str) -> None:
        self.job, self.folder, self.stem = job, folder, stem
        count, first = len(job.layout), job.layout.index(None)
        self.shown = range(max(0, min(first - _SHOWN // 2, count - _SHOWN)), count)[:_SHOWN]
        self.thumbnails: dict[int, np.ndarray] = {}
        self.scores: list[dict[str, Any]] = []
        self.doubts = Doubts(job, folder / (stem + UNCERTAINTY)) if job.request.uncertainty else None
        self.deviations: dict[int, np.ndarray] = {}  # of what is shown
        self.empty: list[int] = []  # places of images without any value

    def add(self, sequence: int, place: int, image: np.ndarray) -> None:
        """Take notice of an image (H, W, C) in unit values. UserError where the truth cannot be compared with it."""
        if sequence == 0 and place in self.shown:
            self.thumbnails[place] = self._thumbnail(image)
        if self.job.truth is not None:
            true = self.job.scale.to_unit(self.job.truth.read(sequence, place))
            colours = slice(3 if image.shape[2] == 4 else None)  # an alpha that is the same everywhere flatters
            scores = _score(image[..., colours], true[..., colours])
            self.scores.append({"sequence": sequence + 1, "image": place + 1, **scores})
        if np.isnan(image).all():
            self.empty.append(place)
        if self.doubts is not None:
            deviation = self.doubts.add(sequence, place, image)
            if sequence == 0 and place in self.shown:
                self.deviations[place] = _thumbnail(deviation[..., None], np.inf)

    def draw(self) -> None:
        """Write the pictures."""
        from ...evaluation.figures import Tile, sequence_animation, sequence_figure  # they take a second to import

        job, filled = self.job, self.thumbnails
        frames = np.stack([
            filled[place] if place in filled else self._thumbnail(job.image(0, place)) for place in self.shown
        ])  # fmt: skip
        marked = {number: filled[place] for number, place in enumerate(self.shown) if place in filled}
        worst = max((float(each.max()) for each in self.deviations.values()), default=0.0) or 1.0
        below = {
            place - self.shown.start: Tile(0.75 * each / worst, self._doubt(place), "tab:orange")
            for place, each in self.deviations.items()
        }
        sequence_figure(self.folder / (self.stem + STRIP), frames, marked, below, first=self.shown.start + 1)
        animation = self.folder / (self.stem + (ANIMATION if not job.alone else "preview.gif"))
        sequence_animation(animation, frames, marked, scale=max(1, 320 // max(frames.shape[2:])))

    def _doubt(self, place: int) -> str:
        said = self.doubts.said[0, place] if self.doubts else None
        return "" if said is None else f"±{said['mean']:.3g}"

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
                if self.doubts is not None:
                    filled[-1]["uncertainty"] = self.doubts.said[sequence, place]
        cuts, notes = self._cuts(number)
        notes += self.doubts.notes() if self.doubts is not None else []
        if self.empty:
            notes.append(f"{numbered(self.empty)}: no value, since no image that is read has one")
        used = list(dict.fromkeys(choice.filling.filler for choice in job.choices))
        for filler in used:
            notes += [*job.scale.remarks(filler.trained, source.levels.values()), *filter(None, [filler.remark])]
        content: dict[str, Any] = {
            "input": str(source.path),
            "understood": source.describe(),
            "found": job.found,
            "method": " and ".join(filler.name for filler in used),
            "openstl_seqinterp": __version__,
            "torch": version("torch"),
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


def files_of(folder: Path) -> set[str] | None:
    """The names that the result in ``folder`` has there, by its report; None where it holds none."""
    try:
        files = json.loads((folder / REPORT).read_text(encoding="utf-8"))["files"]
        return {*files, *OWN}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _thumbnail(image: np.ndarray, most: float = 1) -> np.ndarray:
    """(C, H, W), 0 to ``most``, grey or RGB, no side longer than `_THUMBNAIL`, black where there is no value."""
    colours = image[..., :3] if image.shape[2] >= 3 else image[..., :1]
    factor = min(1.0, _THUMBNAIL / max(image.shape[:2]))
    size = [max(1, round(side * factor)) for side in (image.shape[1], image.shape[0])]
    small = cv2.resize(np.nan_to_num(colours), size, interpolation=cv2.INTER_AREA)
    return np.clip(small.reshape(size[1], size[0], -1), 0, most).transpose(2, 0, 1)


def _score(image: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """The metrics of an image (H, W, C); pixels without a value, there or in the truth, take no part.

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
