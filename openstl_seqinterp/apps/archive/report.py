"""What a filled archive leaves beside it: a report, and pictures of its first sequence."""

from __future__ import annotations

from collections import Counter
from typing import Any

import zarr

from ...files import write_json
from ..fill.pictures import Pictures
from ..fill.report import REPORT, described_work, remarks
from ..fill.work import Work
from ..io.array_source import output_array
from ..io.axes import View
from ..io.writers.zarr import array_key
from . import worker
from .stored import Archive, records


def write_report(archive: Archive, work: Work, parts: int, seconds: float) -> dict[str, Any]:
    """Write the report and the pictures beside the result; give what the report holds.

    It counts what is filled, and names cuts and empty images by sequence, all from 1: a line for each image would be
    as long as the archive.
    """
    filled, cuts, flashes, empty = 0, set(), set(), []
    for each in records(archive, worker.PARTS, parts):
        filled += each["filled"]
        cuts |= {tuple(cut) for cut in each["cuts"]}
        flashes |= {tuple(flash) for flash in each["flashes"]}
        empty += each["empty"]
    used, chosen = list(work.fillers), Counter(work.chosen.values())
    if chosen:
        used = [work.fillers[number] for number in sorted(chosen)]
    notes = remarks(work, used)
    if cuts:
        notes.append(f"{len(cuts)} cuts between scenes: not crossed (--cuts none turns this off)")
    if flashes:
        notes.append(f"{len(flashes)} images unlike those on both sides, which are alike: not read (see --cuts)")
    if empty:
        notes.append(f"{len(empty)} images have no value, since no image that is read has one")
    number = {position: place + 1 for place, position in enumerate(work.places.position)}
    _draw(archive, work)
    stem = archive.out.stem
    content = {
        **described_work(work, used),
        "form": "zarr",
        "files": sorted(path.name for path in archive.written.iterdir()),
        "filled": filled,
        "parts": parts,
        "seconds": round(seconds, 2),
        "cuts": sorted([sequence + 1, number[one], number[other]] for sequence, one, other in cuts),
        "empty": [[sequence + 1, place + 1] for sequence, place in sorted(empty)],
        "notes": [*work.source.notes, *notes],
    }
    if chosen:
        content["chosen"] = {work.fillers[number].name: count for number, count in sorted(chosen.items())}
    write_json(archive.written / f"{stem}.{REPORT}", content)
    return content


def _draw(archive: Archive, work: Work) -> None:
    pictures = Pictures(work, archive.written, f"{archive.out.stem}.")
    axes = output_array(work.output("", work.image))[0]
    result = View(zarr.open_array(archive.store, path=array_key(work.source), mode="r"), axes)
    for place in pictures.shown:
        if work.layout[place] is None and work.as_it_came(0, place) is None:
            pictures.add(place, work.scale.to_unit(result.frame(0, place)))
    pictures.draw()
