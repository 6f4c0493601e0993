"""The sequences of a folder that methods are compared on: whatever `apps.io` reads, each within one shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ....errors import UserError
from ....motion.flow import dis_flow, grey_levels
from ...fill.scale import Scale
from ...io import Options, Source, open_source
from ...io.readers import READERS
from ...scenes import scan

SHORTEST = 9  # images: four on each side of a hidden one
_SHORTEST_SHOT = 12
_LONGEST = 50  # images of a shot that are used
_SCANNED = 1500  # images of a video in which cuts are looked for
_MOST_CLIPS = 24
_SMALLEST = 16  # pixels a side
_CUT_FORMS = ("mp4", "mov", "avi", "webm", "mkv", "gif", "webp", "apng")  # where shots follow each other


@dataclass(frozen=True)
class Clip:
    """Frames (T, H, W, C) of one shot, as they are stored, and the ``scale`` that their values are scored on.

    ``first`` is the number, counted from 1, of the first one in its sequence.
    """

    name: str
    frames: np.ndarray
    scale: Scale
    first: int = 1
    notes: list[str] = field(default_factory=list)

    @property
    def fill_value(self) -> float | None:
        """The value of pixels that have none."""
        return self.scale.fill_value

    def truth(self, place: int) -> np.ndarray:
        """A frame in the values that are scored, NaN where it has none."""
        return self.scale.to_unit(self.frames[place])

    def speed(self) -> float:
        """How far the fastest twentieth of the pixels moves from an image to the next: pixels, the median of some."""
        fastest = []
        for place in np.unique(np.linspace(0, len(self.frames) - 2, 5).astype(int)).tolist():
            one, other = (np.nan_to_num(self.truth(place + step)) for step in (0, 1))
            flow = dis_flow(grey_levels(one), grey_levels(other))
            larger = one.shape[0] / flow.shape[0]
            fastest.append(float(np.percentile(np.hypot(flow[..., 0], flow[..., 1]), 95)) * larger)
        return float(np.median(fastest))


def clips(folder: Path, left_out: list[str]) -> Iterator[Clip]:
    """Those of a folder in the order of its names, one in memory at a time; what is not used goes to ``left_out``.

    Each subfolder and each file is a sequence of its own; if none can be read, the folder itself is one. UserError
    where it holds no sequence.
    """
    if not folder.is_dir():
        raise UserError(f"--real {folder} is no folder; name one that holds sequences: folders of images, videos, ...")
    number = 0
    for source in _sources(folder, left_out):
        for clip in _shots(source, left_out):
            if number == _MOST_CLIPS:
                left_out.append(f"what comes after the first {_MOST_CLIPS} sequences")
                return
            number += 1
            yield clip
    if not number:
        why = f": {left_out[0]}" if left_out else ""
        raise UserError(f"--real {folder} holds no sequence of at least {SHORTEST} images that can be read{why}")


def _sources(folder: Path, left_out: list[str]) -> Iterator[Source]:
    found = 0
    for path in sorted(folder.iterdir()):
        readable = path.is_dir() or path.suffix.lower() in READERS
        if path.name.startswith(".") or not readable:
            continue
        try:
            source = _opened(path)
        except UserError as error:
            left_out.append(str(error).replace(f"{folder}/", ""))
            continue
        if path.is_file() and source.length == 1:  # one image of a sequence in ``folder``
            continue
        found += 1
        yield source
    if not found:
        try:
            yield _opened(folder)
        except UserError as error:
            left_out.append(str(error))


def _opened(path: Path) -> Source:
    """The sequence at ``path``; the value that seems to mean none in it does."""
    source = open_source(path)
    if source.likely_fill_value is None:
        return source
    return open_source(path, Options(fill_value=source.likely_fill_value))


def _shots(source: Source, left_out: list[str]) -> Iterator[Clip]:
    name = source.path.name
    if min(source.shape[:2]) < _SMALLEST or source.labels:
        left_out.append(f"{name}: {'labels' if source.labels else 'images'} {source.shape[1]}x{source.shape[0]}")
        return
    for sequence in range(source.sequences):
        label = f"{name}({sequence + 1})" if source.sequences > 1 else name
        runs = list(_runs(source, sequence))
        for start, end in runs:
            shown = label if (start, end) == (0, source.length) else f"{label}[{start + 1}-{end}]"
            if end - start < (SHORTEST if len(runs) == 1 else _SHORTEST_SHOT):
                left_out.append(f"{shown}: {end - start} images are too few")
                continue
            end = min(end, start + _LONGEST)
            shown = label if (start, end) == (0, source.length) else f"{label}[{start + 1}-{end}]"
            yield _clip(source, sequence, start, end, shown)


def _runs(source: Source, sequence: int) -> Iterator[tuple[int, int]]:
    """Where images follow each other without a gap, and in videos without a cut or a flash: start and end."""
    scanned = source.present[:_SCANNED]
    edges = [0, *(place for place in range(1, len(scanned)) if scanned[place] - scanned[place - 1] > 1), len(scanned)]
    for first, last in pairwise(edges):
        places = scanned[first:last]
        inside = _borders(source, sequence, places) if source.form in _CUT_FORMS else []
        borders = [places[0], *inside, places[-1] + 1]
        yield from pairwise(borders)


def _borders(source: Source, sequence: int, positions: list[int]) -> list[int]:
    """The positions at which images of a scene begin anew: behind a cut, and at and behind a flash."""
    edges = scan(source, sequence, positions)
    return sorted({after for _, after in edges.cuts} | {flash + step for flash in edges.flashes for step in (0, 1)})


def _clip(source: Source, sequence: int, start: int, end: int, name: str) -> Clip:
    frames = np.stack([source.read(sequence, place) for place in range(start, end)])
    notes, channels = [], frames.shape[-1]
    if channels == 4 and (frames[..., 3] == frames[0, 0, 0, 3]).all():
        frames = frames[..., :3]
        notes.append("its opacity, which never changes, is left out")
    if frames.shape[-1] == 3 and (frames == frames[..., :1]).all():
        frames = frames[..., :1]
        notes.append("its colours are all grey: one channel")
    if source.fill_value is not None:
        seemed = " (most likely: nothing is near it)" if source.options.fill_value is not None else ""
        notes.append(f"{source.fill_value:g} is read as no value{seemed}; such pixels are not scored")
    scale = Scale(source.dtype, 0.0, 255.0, source.fill_value)
    if source.dtype != np.uint8:
        low, high = source.value_range or (0.0, 1.0)
        scale = Scale(source.dtype, low, high, source.fill_value)
        notes.append(f"scored on the range of its values, {low:g} to {high:g}, as 0 to 255")
    return Clip(name, np.ascontiguousarray(frames), scale, start + 1, notes)
