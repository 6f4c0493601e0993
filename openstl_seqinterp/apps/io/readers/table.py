"""A csv file of grey images: a row is a frame (H*W numbers) or a whole sequence (T*H*W numbers)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....errors import UserError, one_line
from ..source import Source


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class CsvReader(Source):
    """The text of the file stays in memory, so that cells can be written as they were read.

    The dtype is the smallest of uint8, uint16 and float64 that holds every number exactly. ``header`` is the first
    line if it holds no number, else None; ``delimiter`` and ``newline`` are those of the file; ``per_row`` is how many
    frames stand in one row, 1 or T.
    """

    colour_order = "grey"

    def __init__(self, path: Path, csv_shape: tuple[int, int, int] | None) -> None:
        super().__init__(path)
        if csv_shape is None or min(csv_shape) < 1:
            raise UserError(f"{path} does not say the shape of its images; give --csv_shape T H W, each 1 or more")
        self.length, height, width = csv_shape
        self.shape = (height, width, 1)
        try:
            # utf-8-sig: spreadsheets write a byte order mark.
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path} cannot be read ({one_line(error)}); save it as csv in UTF-8") from error
        self.newline = "\r\n" if "\r\n" in text else "\n"
        lines = [line for line in text.splitlines() if line.strip()]
        first = lines[0] if lines else ""
        self.delimiter = next((mark for mark in ("\t", ";", ",", " ") if mark in first), ",")
        has_header = not any(map(_is_number, first.split(self.delimiter)))
        self.header = first if lines and has_header else None
        self._rows = lines[1:] if has_header else lines
        self._check()

    def _check(self) -> None:
        """Set the dtype, the layout and the number of sequences; UserError where a row does not fit."""
        pixels, rows = self.shape[0] * self.shape[1], len(self._rows)
        lowest, highest, whole = 0.0, 0.0, True
        columns = 0
        for number, row in enumerate(self._rows, start=1 if self.header is None else 2):
            try:
                values = np.array(row.split(self.delimiter), np.float64)
            except ValueError as error:
                raise UserError(
                    f"{self.path}: row {number} is not all numbers ({one_line(error)}); repair it"
                ) from error
            columns = columns or len(values)
            if len(values) != columns or columns not in (pixels, self.length * pixels):
                raise UserError(
                    f"{self.path}: row {number} has {len(values)} numbers, expected {pixels} (a frame) or "
                    f"{self.length * pixels} (a sequence) in every row; repair it or change --csv_shape"
                )
            whole = whole and bool((values == np.floor(values)).all())
            lowest, highest = min(lowest, values.min()), max(highest, values.max())
        self.per_row = columns // pixels
        if rows == 0 or rows * self.per_row % self.length:
            raise UserError(
                f"{self.path} has {rows} rows of {self.per_row} frame(s), expected a multiple of {self.length} "
                "frames; repair it or change --csv_shape"
            )
        self.sequences = rows * self.per_row // self.length
        fits = [size for size in (np.uint8, np.uint16) if whole and lowest >= 0 and highest <= np.iinfo(size).max]
        self.dtype = np.dtype(fits[0] if fits else np.float64)

    def part(self, row: str, position: int) -> list[str]:
        """The H*W cells of frame ``position`` of those in the text of a row or of the header."""
        pixels = self.shape[0] * self.shape[1]
        return row.split(self.delimiter)[position * pixels : (position + 1) * pixels]

    def cells(self, sequence: int, position: int) -> list[str]:
        """The H*W cells of a frame, as they stand in the file."""
        row, part = divmod(sequence * self.length + position, self.per_row)
        return self.part(self._rows[row], part)

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return np.array(self.cells(sequence, position), np.float64).astype(self.dtype).reshape(self.shape)
