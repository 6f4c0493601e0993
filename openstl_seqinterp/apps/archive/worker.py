"""What a process does for an archive: looks through sequences, measures what each takes, fills parts of the result.

Each function does one numbered piece of one stage and records it. Calling it again gives the same files.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import zarr

from ..._version import __version__
from ...errors import UserError
from ..fill.fillers import Filler, make_fillers
from ..fill.missing import look
from ..fill.work import Work
from ..io import open_source
from ..io.array_source import output_array
from ..io.axes import View
from ..io.writers.zarr import array_key
from .grid import Grid
from .stored import Archive, load_measured, load_seen, record

LOOKS, MEASURES, PARTS = "looks", "measures", "parts"  # the stages, by the folders of their records
_BATCHES = 4096  # of sequences that are looked through or measured: each is a file
_local = threading.local()  # what a thread works on: neither sources nor fillings are shared


def batch(number: int, sequences: int) -> range:
    """The sequences of a batch."""
    size = -(-sequences // _BATCHES)
    return range(number * size, min((number + 1) * size, sequences))


def batches(sequences: int) -> int:
    """How many there are."""
    return -(-sequences // len(batch(0, sequences)))


def look_through(archive: Archive, number: int) -> None:
    """Look for what is to be filled in a batch of sequences."""
    source = open_source(archive.path, archive.request.options)
    found = [look(source, sequence, archive.request) for sequence in batch(number, source.sequences)]
    record(archive, LOOKS, number, found)


def measure(archive: Archive, number: int) -> None:
    """Choose among fillers and fit the uncertainty in a batch of sequences."""
    work, found = _open(archive, MEASURES).work, []
    for sequence in batch(number, work.source.sequences):
        ways = work.ways(sequence)
        choice, fit = ways.choice, ways.uncertainty.fit if work.request.uncertainty else None
        found.append({"chosen": choice.number, "tried": len(choice.errors), "psnr": choice.psnr, "fit": fit})
        work.forget(sequence)
    record(archive, MEASURES, number, found)


def fill(archive: Archive, number: int) -> None:
    """Fill a part of the result and write it."""
    opened = _open(archive, PARTS)
    work, part = opened.work, opened.grid.part(number)
    frames = np.empty([each.stop - each.start for each in part.region], opened.array.dtype)
    view, size = View(frames, opened.grid.axes), (len(part.sequences), len(part.places), *work.source.shape[:2])
    deviations = np.zeros(size if work.request.uncertainty else 0, np.float32)
    filled = 0
    said: dict[str, list[list[int]]] = {"empty": [], "cuts": [], "flashes": []}
    for each, sequence in enumerate(part.sequences):
        opened.turn_to(sequence)
        for time, place in enumerate(part.places):
            position = work.layout[place]
            if position is None:
                position = work.as_it_came(sequence, place)
            if position is not None:
                view.store(each, time, work.source.read(sequence, position))
                continue
            image = work.image(sequence, place)
            view.store(each, time, work.frame(sequence, place, image))
            if work.request.uncertainty:
                deviations[each, time] = work.deviation(sequence, place, image)[0]
            filled += 1
            if np.isnan(image).all():
                said["empty"].append([sequence, place])
        filling = work.choice(sequence).filling
        said["cuts"] += [[sequence, *cut] for cut in sorted(filling.found)]
        said["flashes"] += [[sequence, position] for position in sorted(filling.flashes)]
    opened.array[part.region] = frames
    if work.request.uncertainty:
        first = part.sequences[0]
        opened.deviations[first : first + size[0], part.places.start : part.places.stop] = deviations
    record(archive, PARTS, number, {"filled": filled, **said})


class _Opened:
    """An archive as one thread has it open: the ``work``, and where parts are filled the stores to write into."""

    def __init__(self, archive: Archive, stage: str) -> None:
        if archive.version != __version__:
            raise UserError(f"a worker has openstl_seqinterp {__version__}, the command {archive.version}; install one")
        cv2.setNumThreads(1)  # Dask counts the threads
        self.archive, self.stage, self.sequence = archive, stage, -1
        self.work = work_of(archive)
        if stage == PARTS:
            self.grid = grid_of(self.work)
            self.array: Any = zarr.open_array(archive.store, path=array_key(self.work.source), mode="r+")
            if archive.request.uncertainty:
                self.deviations: Any = zarr.open_array(archive.deviations, mode="r+")

    def turn_to(self, sequence: int) -> None:
        """Forget the sequence before, of which no more parts may come, and what was found in this one."""
        if sequence != self.sequence:
            self.work.forget(self.sequence)
            self.sequence = sequence
        filling = self.work.choice(sequence).filling
        filling.found, filling.flashes = set(), set()


def _open(archive: Archive, stage: str) -> _Opened:
    opened: _Opened | None = getattr(_local, "opened", None)
    if opened is None or (opened.archive, opened.stage) != (archive, stage):
        opened = _local.opened = _Opened(archive, stage)
    return opened


def work_of(archive: Archive) -> Work:
    """The work, with what was found in whole sequences so far."""
    found = load_seen(archive)
    assert found is not None, "sequences are looked through first"
    seen, limits = found
    source, request = open_source(archive.path, archive.request.options), replace(archive.request, range=limits)
    return Work(source, request, fillers_of(archive), seen, *(load_measured(archive) or ()))


def fillers_of(archive: Archive) -> list[Filler]:
    """The fillers that are asked for."""
    return make_fillers(archive.checkpoint, archive.method, archive.device, archive.tile)


def grid_of(work: Work) -> Grid:
    """The parts of a result."""
    axes, shape, dtype = output_array(work.output("", work.image))
    return Grid(axes, shape, dtype.itemsize)
