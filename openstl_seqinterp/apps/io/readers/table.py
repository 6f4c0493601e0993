"""A csv file of grey images: a row is a frame (H*W numbers) or a whole sequence (T*H*W numbers)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ....errors import UserError, one_line
from ..array_source import require_frames
from ..source import Options, Source

_LARGEST = 2**29  # bytes; the text stays in memory


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

    form = "csv"
    kind = "csv"
    reads = frozenset({"csv_shape"})

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        if options.csv_shape is None or min(options.csv_shape) < 1:
            raise UserError(f"{path} does not say the shape of its images; give --csv_shape T H W, each 1 or more")
        self.count, height, width = options.csv_shape
        self.shape = (height, width, 1)
        require_frames(self.count, self.shape, f"--csv_shape of {path}")
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{path} has {path.stat().st_size} bytes, expected at most {_LARGEST}; save it as npy")
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
            if len(values) != columns or columns not in (pixels, self.count * pixels):
                raise UserError(
                    f"{self.path}: row {number} has {len(values)} numbers, expected {pixels} (a frame) or "
                    f"{self.count * pixels} (a sequence) in every row; repair it or change --csv_shape"
                )
            whole = whole and bool((values == np.floor(values)).all())
            lowest, highest = min(lowest, values.min()), max(highest, values.max())
        self.per_row = columns // pixels
        if rows == 0 or rows * self.per_row % self.count:
            raise UserError(
                f"{self.path} has {rows} rows of {self.per_row} frame(s), expected a multiple of {self.count} "
                "frames; repair it or change --csv_shape"
            )
        self.sequences = rows * self.per_row // self.count
        fits = [size for size in (np.uint8, np.uint16) if whole and lowest >= 0 and highest <= np.iinfo(size).max]
        self.dtype = np.dtype(fits[0] if fits else np.float64)

    def part(self, row: str, number: int) -> list[str]:
        """The H*W cells of frame ``number`` of those in the text of a row or of the header."""
        pixels = self.shape[0] * self.shape[1]
        return row.split(self.delimiter)[number * pixels : (number + 1) * pixels]

    def cells(self, sequence: int, number: int) -> list[str]:
        """The H*W cells of a stored frame, as they stand in the file."""
        row, part = divmod(sequence * self.count + number, self.per_row)
        return self.part(self._rows[row], part)

    def _decode(self, sequence: int, number: int) -> np.ndarray:
        return np.array(self.cells(sequence, number), np.float64).astype(self.dtype).reshape(self.shape)
