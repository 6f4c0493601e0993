"""``seqinterp predict`` with workers: an archive is filled part by part, and goes on where it was stopped."""

from __future__ import annotations

import shutil
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from ...errors import UserError
from ...shipped import named_checkpoint
from ..fill.fillers import Filler
from ..fill.job import check_beside, check_free
from ..fill.missing import KINDS, check_missing, looked_through
from ..fill.request import Request
from ..fill.tiles import TILE
from ..fill.work import Work
from ..io import Source, open_source
from ..io.writers.zarr import create
from . import worker
from .cluster import client_of, each
from .report import write_report
from .stored import (
    Archive,
    claimed,
    load_measured,
    load_seen,
    publish,
    recorded,
    records,
    save_measured,
    save_seen,
)

_CHECKED = 64  # kinds of sequences, by what is missing in them, whose plans are made before the work begins


def fill_archive(path: Path, out: Path, request: Request, args: Namespace) -> dict[str, Any]:
    """Fill the input ``path`` into the Zarr store ``out`` with ``args.workers`` processes, or those of a scheduler.

    Gives what the report holds. UserError for anything that cannot be filled; what was written until then stays for
    the same command to go on with.
    """
    _check(path, out, request)
    weights = args.checkpoint and str(named_checkpoint(args.checkpoint).absolute())
    archive = Archive(
        path.absolute(), out.absolute(), _absolute(request), weights, args.method, args.device, args.tile or TILE
    )
    source, fillers = open_source(archive.path, archive.request.options), worker.fillers_of(archive)
    check_missing(source, request.missing)
    understood = source.describe()
    print(understood, flush=True)
    start = time.perf_counter()
    with claimed(archive, understood) as archive:
        if not _to_look_for(request):
            _save_seen(archive, source, fillers, [{}] * source.sequences)
        with client_of(args.workers, args.scheduler) as client:
            if load_seen(archive) is None:
                count = worker.batches(source.sequences)
                _stage(client, worker.LOOKS, worker.look_through, archive, count, "looking for what is missing")
                looks = [each for batch in records(archive, worker.LOOKS, count) for each in batch]
                _save_seen(archive, source, fillers, looks)
            work = worker.work_of(archive)
            for line in work.found:
                print(line, flush=True)
            if load_measured(archive) is None:
                _prepare(client, archive, work)
            parts = len(worker.grid_of(work))
            _stage(client, worker.PARTS, worker.fill, archive, parts, "filling")
        work = worker.work_of(archive)
        content = write_report(archive, work, parts, time.perf_counter() - start)
        publish(archive)
    return content


def _check(path: Path, out: Path, request: Request) -> None:
    """UserError for what an archive cannot have."""
    if out.suffix.lower() != ".zarr":
        raise UserError(f"--out {out}: what workers fill is Zarr; give a name that ends in .zarr")
    for name in ("truth", "form", "codec", "fps"):
        if getattr(request, name) is not None:
            flag = "as" if name == "form" else name
            raise UserError(f"--{flag} does not apply to an archive that workers fill; leave it out")
    check_beside(out, path)
    check_free(out, request.overwrite)


def _absolute(request: Request) -> Request:
    """For processes that run elsewhere."""
    times = request.options.times
    return request if times is None else replace(request, options=replace(request.options, times=times.absolute()))


def _to_look_for(request: Request) -> bool:
    return request.holes == "fill" or any(kind in KINDS for kind in request.missing)


def _save_seen(
    archive: Archive, source: Source, fillers: Sequence[Filler], looks: Sequence[Mapping[str, list[int]]]
) -> None:
    """Settle what is missing and the range of values, which follows from it. UserError where nothing is."""
    if load_seen(archive) is None:
        seen = looked_through(source, archive.request, looks)
        scale = Work(source, archive.request, fillers, seen).scale
        save_seen(archive, seen, scale.low, scale.high)


def _prepare(client: Any, archive: Archive, work: Work) -> None:
    """Measure what each sequence takes, and make the empty result. UserError where an image cannot be filled."""
    different = np.unique(work.observed, axis=0, return_index=True)[1]
    for sequence in sorted(different.tolist())[:_CHECKED]:
        work.check(sequence)
        work.forget(sequence)
    found = []
    if len(work.fillers) > 1 or archive.request.uncertainty:
        count = worker.batches(work.source.sequences)
        _stage(client, worker.MEASURES, worker.measure, archive, count, "trying on known images")
        found = [each for batch in records(archive, worker.MEASURES, count) for each in batch]
    shutil.rmtree(archive.written, ignore_errors=True)  # of one that was killed here
    archive.written.mkdir()
    grid = worker.grid_of(work)
    create(work.output(archive.out.name, work.image), archive.store, grid.images)
    if archive.request.uncertainty:
        shape = (work.source.sequences, len(work.layout), *work.source.shape[:2])
        chunks, names = (1, grid.images, *shape[2:]), ("sequence", "time", "y", "x")
        zarr.create_array(
            archive.deviations, shape=shape, chunks=chunks, dtype=np.float32, fill_value=0, dimension_names=names
        )
    chosen = {sequence: each["chosen"] for sequence, each in enumerate(found)}
    fitted = {sequence: each["fit"] for sequence, each in enumerate(found) if each["fit"] is not None}
    save_measured(archive, chosen, fitted)


def _stage(client: Any, stage: str, function: Any, archive: Archive, count: int, doing: str) -> None:
    """Do those pieces of a stage that are not done."""
    left = sorted({*range(count)} - recorded(archive, stage))
    if 0 < len(left) < count:
        print(f"{doing}: {count - len(left)} of {count} parts are done already", flush=True)
    if left:
        each(client, function, archive, left, doing)
