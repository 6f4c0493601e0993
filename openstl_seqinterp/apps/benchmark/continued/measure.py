"""Continue the test part of an imported data set in every way, and score what comes out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torchmetrics.regression import CriticalSuccessIndex

from .... import device
from ....checkpoint import load_checkpoint
from ....data.loaders import is_own
from ....data.sequences import TEST, TRAIN
from ....data.store import KNOWN, Store
from ....errors import UserError
from ....evaluation.baselines import BASELINES
from ....files import write_text
from ....motion.flow import forget
from ....protocols import ONE_SIDED
from ...dividing import PARTS
from ...fill.fillers import BaselineFiller
from ...fill.scale import Scale
from ..real.clips import Clip
from ..real.measure import one_thread, scored_pixels, scores
from ..real.ways import OurWay, Pysteps, Sprog, Way, versions
from ..result import Result
from ..runs import Benchmark, Run
from .page import page
from .record import ContinuedResult, Lead, Row, Setup, Training
from .trained import Trained

_MOST_WINDOWS = 50  # that are predicted, evenly spread, where there are more
OTHERS = ("README", "leaderboard", "real", "speed")  # what other comparisons write to


class Comparison:
    """Methods that continue the test part of the data set ``name``, and what ``out/NAME.json`` holds of them.

    Each window has as many known images as the paper's networks read, and ``horizon`` images to predict. ``thresholds``
    are of the data's values. UserError, before anything is trained, where it cannot work.
    """

    def __init__(
        self, out: Path, data_root: Path, name: str, horizon: int, thresholds: Sequence[float], pysteps: bool
    ) -> None:
        if horizon < 1:
            raise UserError(f"--horizon is {horizon}, expected at least 1")
        if name in OTHERS:
            raise UserError(
                f"-d {name} would replace {out / name}.md, which is another page; import it under another name"
            )
        if not is_own(data_root, name) or not (data_root / name / KNOWN).exists():
            raise UserError(
                f"--data_root {data_root} has no imported data set {name!r}; make it with: seqinterp import ... "
                f"--out {data_root / name}"
            )
        self.store, self.path = Store.open(data_root / name), out / f"{name}.json"
        self.length = ONE_SIDED.given + horizon
        every = self.store.windows(TEST, self.length)
        if not len(every):
            raise UserError(
                f"{data_root / name}: no {self.length} images in a row are for tests ({ONE_SIDED.given} known, "
                f"--horizon {horizon}); name a smaller one"
            )
        names = [each for each in BASELINES if each != "mean"]  # which is a copy where there is one side
        self.ways: list[Way] = [OurWay(BaselineFiller(each)) for each in names]
        self.ways += [Pysteps(), Sprog()] if pysteps else []
        chosen = np.linspace(0, len(every) - 1, min(_MOST_WINDOWS, len(every))).round().astype(int)
        self.windows = every[np.unique(chosen)]
        about, frames = self.store.about, self.store.frames
        self.dtype = np.dtype(frames.dtype)
        self.setup = Setup(
            name=name,
            understood=[_named(each) for each in about.get("understood", [])],
            images={each: int((self.store.part == part).sum()) for each, part in PARTS.items()},
            shape=list(frames.shape[1:]),
            low=about["range"][0],
            high=about["range"][1],
            fill_value=about["fill_value"],
            known=ONE_SIDED.given,
            horizon=horizon,
            trained=len(self.store.windows(TRAIN, self.length)),
            windows=len(self.windows),
            stretches=len(np.unique(self.store.stretch[self.windows[:, 0]])),
            thresholds=list(thresholds),
            pysteps=pysteps,
            data=self.store.digest(),
        )
        self.earlier = self._read()

    def _read(self) -> ContinuedResult | None:
        """The record that is there. UserError where it is of something else."""
        if not self.path.exists():
            return None
        earlier = ContinuedResult.read(self.path)
        for key, value in self.setup:
            if (then := getattr(earlier.setup, key)) != value:
                changed = f"was made with {key}={then!r}, now it is {value!r}"
                if key == "data":
                    changed = f"is of other images that were imported as {self.setup.name}"
                raise UserError(f"{self.path} {changed}; remove it, or name another --out")
        return earlier

    def write(self, board: Benchmark, runs: Sequence[Run]) -> Path:
        """Score the complete ones of ``runs`` that have no row; ``NAME.json`` and the page, which is returned.

        A row is kept, also without its record, unless that is of a later training.

        What needs no training is scored again: it takes seconds, and decides which pixels count. UserError where it no
        longer has the scores of the record, as the images are then others.
        """
        kept = {row.key: row for row in (self.earlier.rows if self.earlier else []) if row.training}
        ways, names, training = [*self.ways], dict[str, str](), dict[str, Training]()
        for run in runs:
            if not board.record(run).exists():
                continue
            result, old = Result.read(board.record(run)), kept.get((run.method, run.seed))
            if old and old.training and old.training.finished == result.finished:
                continue
            if not (path := board.checkpoint(run)).is_file():
                print(
                    f"{board.record(run)} is there, {path} is not; remove the record and {path.parents[1]} "
                    "to train again"
                )
                continue
            kept.pop((run.method, run.seed), None)
            ways.append(way := Trained(run.name, path))
            names[run.name], training[run.name] = run.method, _training(way, result, path)
        with one_thread():
            rows = self._score(ways)
        fixed = [row for row in rows if row.method not in names]
        self._require_same(fixed)
        made = [
            row.model_copy(update={"method": names[row.method], "training": training[row.method]})
            for row in rows
            if row.method in names
        ]
        order = [*dict.fromkeys([*(run.method for run in runs), *(row.method for row in kept.values())])]
        record = ContinuedResult(
            setup=self.setup,
            machine=device.describe("cpu", device.PRECISIONS["32"]).partition(",")[0],
            versions=versions(ways, "torchmetrics"),
            rows=[*fixed, *sorted([*kept.values(), *made], key=lambda row: (order.index(row.method), row.key))],
        )
        record.write(self.path)
        shown = self.path.with_suffix(".md")
        write_text(shown, page(record))
        return shown

    def _require_same(self, rows: Sequence[Row]) -> None:
        then = {row.key: row for row in self.earlier.rows} if self.earlier else {}
        for row in rows:
            old = then.get(row.key)
            if old and not all(np.allclose(a.mse, b.mse, rtol=1e-3) for a, b in zip(old.leads, row.leads, strict=True)):
                raise UserError(f"{self.path} is of other images, or code: {row.method} scores otherwise; remove it")

    def _clips(self) -> Iterator[Clip]:
        scale = Scale(self.dtype, self.setup.low, self.setup.high, self.setup.fill_value)
        for numbers in self.windows:
            yield Clip(self.setup.name, np.ascontiguousarray(self.store.whole(numbers).transpose(0, 2, 3, 1)), scale)

    def _score(self, ways: Sequence[Way]) -> list[Row]:
        """A row for each way, by its name: over the pixels that have a value in the truth and in all predictions."""
        places = range(self.setup.known, self.length)
        observed = np.arange(self.length) < self.setup.known
        used = [way for way in ways if way.reads(next(self._clips()))]
        values: dict[str, list[dict[str, list[float]]]] = {
            way.name: [{"mse": [], "mae": [], "ssim": []} for _ in places] for way in used
        }
        events = {
            way.name: [[CriticalSuccessIndex(each) for each in self.setup.thresholds] for _ in places] for way in used
        }
        seconds = dict.fromkeys(values, 0.0)
        for clip in self._clips():
            images = {}
            for way in used:
                forget()  # the flows that another has searched are none of its own
                start = time.process_time()
                images[way.name] = way.predict(clip, observed, list(places))
                seconds[way.name] += (time.process_time() - start) / (len(places) * len(self.windows))
            for step, place in enumerate(places):
                these = {name: each[step].clip(0, 1) for name, each in images.items()}
                truth = clip.truth(place).clip(0, 1)
                inside = scored_pixels(truth, these.values())
                for name, score in scores(truth, these).items():
                    for metric, found in values[name][step].items():
                        found.append(score[metric])
                    stored = [_stored(clip.scale, image)[inside] for image in (these[name], truth)]
                    for index in events[name][step]:
                        index.update(*map(torch.from_numpy, stored))
        if not all(leads[0]["mse"] for leads in zip(*values.values(), strict=True)):
            raise UserError(f"{self.setup.name}: the images to predict have no pixel with a value; import others")
        return [
            Row(
                method=name,
                seconds=seconds[name],
                leads=[
                    Lead(**each, csi=[_csi(index) for index in indices])
                    for each, indices in zip(leads, events[name], strict=True)
                ],
            )
            for name, leads in values.items()
        ]


def _named(understood: str) -> str:
    """What was understood of an input, without the folder that it lies in: a record must not depend on that."""
    path, mark, rest = understood.partition(": ")
    return f"{Path(path).name}{mark}{rest}"


def _stored(scale: Scale, image: np.ndarray) -> np.ndarray:
    """An image (H, W, C) in the values of the data, as it would be stored: whole numbers where those are."""
    return np.asarray(scale.from_unit(np.nan_to_num(image)), np.float64)


def _csi(index: CriticalSuccessIndex) -> float | None:
    """Hits / (hits + misses + false alarms); torchmetrics says 0 where there are none of them."""
    return float(index.compute()) if int(index.hits + index.misses + index.false_alarms) else None


def _training(way: Trained, result: Result, path: Path) -> Training:
    return Training(
        seed=result.seed,
        weights=way.weights,
        epochs=len(result.history),
        best=load_checkpoint(path)["epoch"] + 1,
        minutes=result.seconds["training"] / 60,
        device=result.device,
        finished=result.finished,
    )
