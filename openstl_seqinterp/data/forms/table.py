"""A csv file of grey images: a row is a frame (H*W numbers) or a whole sequence (T*H*W numbers)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import UserError, one_line
from .base import Fill, Layout, Source


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class CsvSource(Source):
    """The text of the file stays in memory; the cells of known frames are written as they were read.

    The dtype is the smallest of uint8, uint16 and float64 that holds every number exactly.
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
        self._newline = "\r\n" if "\r\n" in text else "\n"
        lines = [line for line in text.splitlines() if line.strip()]
        first = lines[0] if lines else ""
        self._delimiter = next((mark for mark in ("\t", ";", ",", " ") if mark in first), ",")
        has_header = not any(map(_is_number, first.split(self._delimiter)))
        self._header, self._rows = (lines[:1], lines[1:]) if has_header else ([], lines)
        self._check()

    def _check(self) -> None:
        """Set the dtype, the layout and the number of sequences; UserError where a row does not fit."""
        pixels, rows = self.shape[0] * self.shape[1], len(self._rows)
        lowest, highest, whole = 0.0, 0.0, True
        columns = 0
        for number, row in enumerate(self._rows, start=1 + len(self._header)):
            try:
                values = np.array(row.split(self._delimiter), np.float64)
            except ValueError as error:
                raise UserError(f"{self.path}: row {number} is not all numbers ({one_line(error)}); mend it") from error
            columns = columns or len(values)
            if len(values) != columns or columns not in (pixels, self.length * pixels):
                raise UserError(
                    f"{self.path}: row {number} has {len(values)} numbers, expected {pixels} (a frame) or "
                    f"{self.length * pixels} (a sequence) in every row; mend it or --csv_shape"
                )
            whole = whole and bool((values == np.floor(values)).all())
            lowest, highest = min(lowest, values.min()), max(highest, values.max())
        # How many frames stand in one row.
        self._per_row = columns // pixels
        if rows == 0 or rows * self._per_row % self.length:
            raise UserError(
                f"{self.path} has {rows} rows of {self._per_row} frame(s), expected a multiple of {self.length} "
                "frames; mend it or --csv_shape"
            )
        self.sequences = rows * self._per_row // self.length
        fits = [size for size in (np.uint8, np.uint16) if whole and lowest >= 0 and highest <= np.iinfo(size).max]
        self.dtype = np.dtype(fits[0] if fits else np.float64)

    def _part(self, row: str, position: int) -> list[str]:
        """The cells of frame ``position`` of those in a row."""
        pixels = self.shape[0] * self.shape[1]
        return row.split(self._delimiter)[position * pixels : (position + 1) * pixels]

    def _cells(self, sequence: int, position: int) -> list[str]:
        row, part = divmod(sequence * self.length + position, self._per_row)
        return self._part(self._rows[row], part)

    def _decode(self, sequence: int, position: int) -> np.ndarray:
        return np.array(self._cells(sequence, position), np.float64).astype(self.dtype).reshape(self.shape)

    def _output_cells(self, layout: Layout, filled: Fill, sequence: int) -> Iterator[str]:
        """The text of each output frame."""
        for position, known in enumerate(layout):
            if known is None:
                cells = [str(value) for value in self._filled(filled, sequence, position).ravel().tolist()]
            else:
                cells = self._cells(sequence, known)
            yield self._delimiter.join(cells)

    def _output_header(self, layout: Layout) -> list[str]:
        """The header, with names for the new columns where a row is a sequence and frames were added."""
        if not self._header or self._per_row == 1 or len(layout) == self.length:
            return self._header
        cells: list[str] = []
        for position, known in enumerate(layout):
            if known is None:
                cells += [f"filled_{position}_{pixel}" for pixel in range(self.shape[0] * self.shape[1])]
            else:
                cells += self._part(self._header[0], known)
        return [self._delimiter.join(cells)]

    def _write(self, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
        path = folder / self.path.name
        # Rows end with the newline of the input, whatever the system's is.
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(line + self._newline for line in self._output_header(layout))
            for sequence in range(self.sequences):
                between = self._newline if self._per_row == 1 else self._delimiter
                for position, cells in enumerate(self._output_cells(layout, filled, sequence)):
                    file.write(between * (position > 0) + cells)
                file.write(self._newline)
        return [path]
