"""``seqinterp predict``: the missing images of a user's sequence, in the form in which it came."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..._version import __version__
from ...errors import UserError
from ...evaluation.figures import sequence_animation, sequence_figure
from ...evaluation.metrics import METRICS, per_image
from ...files import writable_folder, write_json
from ..io import Source, open_source, write
from .fillers import make_filler
from .plan import Filling
from .scale import Scale
from .tiles import TILE

_SHOWN, _THUMBNAIL = 16, 160  # images in the strip and the GIF, and the most pixels of their sides there
_PICTURES = _STRIP, _ANIMATION = "strip.png", "sequence.gif"
AUTO = "auto"


def missing_positions(source: Source, requested: Sequence[str]) -> np.ndarray:
    """Bool (N, T): what is to be filled. Numbers count from 1; ``auto`` adds gaps in file names and all-black images.

    UserError for anything else, and for numbers beyond the sequence.
    """
    missing = np.zeros((source.sequences, source.length), bool)
    missing[:, list(source.absent)] = True
    for request in requested:
        if request == AUTO:
            for sequence, position in np.argwhere(~missing):
                image = source.read(int(sequence), int(position))
                missing[sequence, position] = not image[..., :3].any()  # black may be opaque
            continue
        if not request.isdecimal():
            raise UserError(f"--missing {request!r} is neither a number of an image nor {AUTO!r}")
        if not 1 <= int(request) <= source.length:
            raise UserError(f"--missing {request}: {source.path} has images 1 to {source.length}")
        missing[:, int(request) - 1] = True
    return missing


class Job:
    """One sequence file or folder, its missing images, and what becomes of it. Everything is checked before it runs."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.out = args, Path(args.out)
        if args.extend < 0 or args.insert < 0:
            raise UserError("--extend and --insert are numbers of images, expected at least 0")
        self._check_out(Path(args.input))
        self.filler = make_filler(args.checkpoint, args.method, args.device, args.tile or TILE)
        self.source = open_source(Path(args.input), args.csv_shape)
        missing = missing_positions(self.source, args.missing)
        self.observed = np.pad(~missing, [(0, 0), (0, args.extend)])
        self.layout = self._layout()
        if None not in self.layout:
            raise UserError(
                f"no image of {args.input} is missing; name some with --missing, or use --extend, or --insert between "
                "two images or more"
            )
        known = np.argwhere(self.observed[:, : self.source.length])
        self.scale = Scale.of(self.source.dtype, (self.source.read(int(n), int(p)) for n, p in known))
        self.fillings = [
            Filling(self.filler, lambda place, number=number: self.read(number, place), mask)  # type: ignore[misc]
            for number, mask in enumerate(self.observed)
        ]
        if args.insert and self.filler.context(np.ones(self.observed.shape[1], bool), 0.5) is None:
            raise UserError(
                f"nothing can be put between images by this method: it needs {self.filler.needs} on one side"
            )
        self.truth = self._open_truth() if args.truth else None

    def _check_out(self, source: Path) -> None:
        if source.resolve() in (self.out.resolve(), self.out.resolve() / source.resolve().name):
            raise UserError(f"--out {self.out} is or holds the input, which stays as it is; name another folder")
        if source.name in _PICTURES:
            raise UserError(f"{source} has the name of a picture that is drawn of the result; rename it")
        if self.out.exists() and not self.out.is_dir():
            raise UserError(f"--out {self.out} is a file, expected a folder")
        if self.out.is_dir() and any(self.out.iterdir()) and not self.args.overwrite:
            raise UserError(f"--out {self.out} already holds files; name another folder, or add --overwrite")

    def _open_truth(self) -> Source:
        shape = self.args.csv_shape and (self.length, *self.args.csv_shape[1:])
        truth = open_source(Path(self.args.truth), shape)
        expected = (self.source.sequences, self.length, *self.source.shape)
        found = (truth.sequences, truth.length, *truth.shape)
        if found != expected or truth.dtype != self.source.dtype:
            raise UserError(
                f"--truth {truth.path} has {truth.dtype} images {found} (sequences, images, H, W, C), "
                f"expected {self.source.dtype} {expected}"
            )
        lacking = [place + 1 for place in truth.absent if self.layout[place] is None]
        if lacking:
            raise UserError(f"--truth {truth.path} lacks image {lacking[0]}, which is to be filled; give a whole one")
        return truth

    @property
    def length(self) -> int:
        """How many images a sequence has in the end."""
        images = self.observed.shape[1]
        return images + self.args.insert * (images - 1)

    def read(self, sequence: int, position: int) -> np.ndarray:
        """A known image (H, W, C) in [0, 1]."""
        return self.scale.to_unit(self.source.read(sequence, position))

    def _layout(self) -> list[int | None]:
        """What stands at each place in the end: the position of an image that all sequences know, or None."""
        every, known = self.args.insert + 1, np.logical_and.reduce(self.observed, axis=0)
        return [
            place // every if place % every == 0 and known[place // every] else None for place in range(self.length)
        ]

    def run(self) -> dict[str, Any]:
        """Fill, write everything, and return what report.json holds."""
        layout, start = self.layout, time.perf_counter()
        first = layout.index(None)
        shown = range(max(0, min(first - _SHOWN // 2, self.length - _SHOWN)), self.length)[:_SHOWN]
        thumbnails: dict[int, np.ndarray] = {}
        scores: list[dict[str, Any]] = []
        columns = (TextColumn("filling"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        writable_folder(self.out.parent)
        with (
            tempfile.TemporaryDirectory(dir=self.out.parent, prefix=f".{self.out.name}-") as temporary,
            Progress(*columns) as progress,
        ):
            bar = progress.add_task("filling", total=layout.count(None) * self.source.sequences)

            def give(sequence: int, place: int) -> np.ndarray:
                progress.advance(bar)
                position, between = divmod(place, self.args.insert + 1)
                if not between and self.observed[sequence, position]:  # missing in another sequence alone
                    return self.source.read(sequence, position)
                filling = self.fillings[sequence]
                share = between / (self.args.insert + 1)
                image = filling.between(position, share) if between else filling[position]
                if sequence == 0 and place in shown:
                    thumbnails[place] = self._thumbnail(image)
                if self.truth is not None:
                    scores.append({"sequence": sequence + 1, "image": place + 1, **self._score(sequence, place, image)})
                return self.scale.from_unit(image)

            folder = Path(temporary)
            inner = folder / self.source.path.resolve().name if self.source.path.is_dir() else folder
            inner.mkdir(exist_ok=True)
            write(self.source, inner, layout, give)
            self._draw(folder, shown, thumbnails)
            report = self._report(scores, time.perf_counter() - start)
            write_json(folder / "report.json", report)
            self._move(folder)
        return report

    def _thumbnail(self, image: np.ndarray) -> np.ndarray:
        """(C, H, W) in [0, 1], grey or RGB, no side longer than `_THUMBNAIL`."""
        factor = min(1.0, _THUMBNAIL / max(image.shape[:2]))
        small = cv2.resize(image[..., :3], None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        small = small.reshape(*small.shape[:2], -1)
        if self.source.colour_order == "bgr":
            small = small[..., ::-1]
        return np.clip(small, 0, 1).transpose(2, 0, 1)

    def _draw(self, folder: Path, shown: range, thumbnails: dict[int, np.ndarray]) -> None:
        every = self.args.insert + 1
        frames = [
            thumbnails[place] if place in thumbnails else self._thumbnail(self.read(0, place // every))
            for place in shown
        ]
        filled = {place - shown.start: image for place, image in thumbnails.items()}
        sequence_figure(folder / _STRIP, np.stack(frames), filled, {}, first=shown.start + 1)
        sequence_animation(folder / _ANIMATION, np.stack(frames), filled, scale=1 if frames[0].shape[-1] > 64 else 4)

    def _score(self, sequence: int, place: int, image: np.ndarray) -> dict[str, float]:
        assert self.truth is not None
        true = self.scale.to_unit(self.truth.read(sequence, place))
        if not np.isfinite(true).all():
            raise UserError(f"--truth: image {place + 1} holds values that are not finite; give a whole one")
        pair = (torch.from_numpy(np.ascontiguousarray(each.transpose(2, 0, 1)))[None] for each in (image, true))
        try:
            values = per_image(*pair)
        except ValueError as error:
            raise UserError(f"--truth: {error}") from error
        return {metric: round(min(float(values[metric]), 1e6), 6) for metric in METRICS}  # an exact image's PSNR is inf

    def _report(self, scores: list[Any], seconds: float) -> dict[str, Any]:
        every = self.args.insert + 1  # numbers are those of the result
        images = [
            {
                "sequence": number + 1,
                "image": every * target + 1,
                "read_from": [every * place + 1 for place in filling.sources(target)],
            }
            for number, filling in enumerate(self.fillings)
            for target in filling.plan.tasks
        ]
        report: dict[str, Any] = {
            "input": str(self.source.path),
            "checkpoint": self.args.checkpoint,
            "method": self.filler.name,
            "openstl_seqinterp": __version__,
            "torch": torch.__version__,
            "images": {"type": str(self.source.dtype), "shape": list(self.source.shape)},
            "sequences": self.source.sequences,
            "length": {"before": self.source.length, "after": self.length},
            "extended_by": self.args.extend,
            "inserted_between": self.args.insert,
            "filled": images,
            "seconds": round(seconds, 2),
            "notes": list(self.source.notes),
        }
        if self.truth is not None:
            means = {metric: float(np.mean([score[metric] for score in scores])) for metric in METRICS}
            report["scores"] = {"mean": means, "images": scores}
        return report

    def _move(self, folder: Path) -> None:
        """Everything from the temporary folder to its place. Other files that are there stay."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            target = self.out / path.relative_to(folder)
            writable_folder(target.parent)
            shutil.move(path, target)
