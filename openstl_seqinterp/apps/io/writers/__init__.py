"""One writer a form, which gives a sequence back in the form of its reader; `WRITERS` says which one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ....errors import UserError, one_line
from ..readers.arrays import NpyReader, NpzReader
from ..readers.folder import FolderReader
from ..readers.gif import GifReader
from ..readers.table import CsvReader
from ..readers.video import VideoReader
from ..source import Fill, Layout, Source
from . import arrays, folder, gif, table, video

__all__ = ["WRITERS", "write"]

# Each is called as `write` is, with a source of its own reader, and may let an OSError through.
Writer = Callable[[Any, Path, Layout, Fill], list[Path]]
WRITERS: dict[type[Source], Writer] = {
    FolderReader: folder.write,
    VideoReader: video.write,
    GifReader: gif.write,
    NpyReader: arrays.write_npy,
    NpzReader: arrays.write_npz,
    CsvReader: table.write,
}


def write(source: Source, folder: Path, layout: Layout, filled: Fill) -> list[Path]:
    """Write the output into the empty ``folder`` in the form it came in and return the files written.

    Entry p of ``layout`` is the input position whose frame stands unchanged at output position p, or None where
    ``filled(sequence, p)`` gives it, (H, W, C) in the dtype of ``source``. Frames are asked for sequence by sequence,
    in rising order, once each. ``source.notes`` gains what the user should know of the files.
    UserError where a frame cannot be read or the files cannot be written; ``folder`` may then hold a part. ValueError
    where ``filled`` gives a frame of another shape or dtype.
    """
    try:
        return WRITERS[type(source)](source, folder, layout, filled)
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {one_line(error)}; make room or choose another one") from error
