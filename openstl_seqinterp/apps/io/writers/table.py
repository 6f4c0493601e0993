"""A csv file; the cells of known frames of one are written as they were read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ....errors import UserError
from ..readers.table import CsvReader
from ..source import Source
from .output import Output


def write(output: Output, folder: Path) -> list[Path]:
    """One table; rows are frames, or sequences where they are in the input. UserError for colours."""
    path, source = folder / output.name, output.source
    newline, delimiter, header = "\n", ",", None
    if isinstance(source, CsvReader):
        newline, delimiter, header = source.newline, source.delimiter, _header(source, output)
    elif source.shape[2] > 1:
        raise UserError(f"csv holds grey images, and {source.path} has {source.shape[2]} channels; write npy or zarr")
    between = delimiter if isinstance(source, CsvReader) and source.per_row > 1 else newline
    # Rows end with the newline of the input, whatever the system's is.
    with path.open("w", encoding="utf-8", newline="") as file:
        if header is not None:
            file.write(header + newline)
        for sequence in range(source.sequences):
            for place, cells in enumerate(_frames(source, output, sequence)):
                file.write(between * (place > 0) + delimiter.join(cells))
            file.write(newline)
    return [path]


def _frames(source: Source, output: Output, sequence: int) -> Iterator[list[str]]:
    """The cells of each output frame."""
    for place, known in enumerate(output.layout):
        number = source.number(known) if known is not None else None
        if isinstance(source, CsvReader) and number is not None:
            yield source.cells(sequence, number)
        else:
            yield [str(value) for value in output.frame(sequence, place).ravel().tolist()]


def _header(source: CsvReader, output: Output) -> str | None:
    """The header, with names for the new columns where a row is a sequence and frames were added."""
    if source.header is None or source.per_row == 1:
        return source.header
    if len(output.layout) == source.length == source.count:
        return source.header
    cells: list[str] = []
    for place, known in enumerate(output.layout):
        number = source.number(known) if known is not None else None
        if number is None:
            cells += [f"filled_{place}_{pixel}" for pixel in range(source.shape[0] * source.shape[1])]
        else:
            cells += source.part(source.header, number)
    return source.delimiter.join(cells)
