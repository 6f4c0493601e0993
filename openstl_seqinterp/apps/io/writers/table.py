"""A csv file; the cells of known frames are written as they were read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..readers.table import CsvReader
from ..source import Fill, Layout
from .output import filled_frame


def write(source: CsvReader, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """One table of the name of the input; rows are frames or sequences as they are there."""
    path = folder / source.path.name
    between = source.newline if source.per_row == 1 else source.delimiter
    # Rows end with the newline of the input, whatever the system's is.
    with path.open("w", encoding="utf-8", newline="") as file:
        if source.header is not None:
            file.write(_header(source, source.header, layout) + source.newline)
        for sequence in range(source.sequences):
            for position, cells in enumerate(_frames(source, layout, filled, sequence)):
                file.write(between * (position > 0) + cells)
            file.write(source.newline)
    return [path]


def _frames(source: CsvReader, layout: Layout, filled: Fill, sequence: int) -> Iterator[str]:
    """The text of each output frame."""
    for position, known in enumerate(layout):
        if known is None:
            cells = [str(value) for value in filled_frame(source, filled, sequence, position).ravel().tolist()]
        else:
            cells = source.cells(sequence, known)
        yield source.delimiter.join(cells)


def _header(source: CsvReader, header: str, layout: Layout) -> str:
    """The header, with names for the new columns where a row is a sequence and frames were added."""
    if source.per_row == 1 or len(layout) == source.length:
        return header
    cells: list[str] = []
    for position, known in enumerate(layout):
        if known is None:
            cells += [f"filled_{position}_{pixel}" for pixel in range(source.shape[0] * source.shape[1])]
        else:
            cells += source.part(header, known)
    return source.delimiter.join(cells)
