"""A folder of files, one a frame: known files as they are, filled ones coded like their neighbours; or PNG of any."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from ....errors import UserError
from ..readers.folder import FolderReader
from ..readers.frames import suffix_of
from ..source import Source
from .output import Output
from .pictures import encode, encode_deep


def write(output: Output, folder: Path) -> list[Path]:
    """The files, one for each entry of the layout, in its order, in a folder within ``folder``.

    Known ones are copied byte for byte. UserError where the source is not a folder.
    """
    source = output.source
    if not isinstance(source, FolderReader):
        raise UserError(f"{source.path} is no folder of files; write it as png")
    known = [None if position is None else source.number(position) for position in output.layout]
    instants = _named_instants(source, output)
    stems = source.names.written(known, instants)
    if source.names.stamp is not None and any(
        number is not None and stem != source.names.names[source.names.order[number]]
        for number, stem in zip(known, stems, strict=True)
    ):
        source.notes.append(f"files have new names, from {stems[0]} to {stems[-1]}: old ones leave no room between")
    root = folder / output.name
    root.mkdir(exist_ok=True)
    paths, like, checked = [], source.files[next((number for number in known if number is not None), 0)], False
    dated = output.timeline.clock == "date"
    for place, (number, stem) in enumerate(zip(known, stems, strict=True)):
        like = like if number is None else source.files[number]
        path = root / f"{stem}{suffix_of(like.name)}"
        paths.append(path)
        if number is not None:
            shutil.copyfile(like, path)
            continue
        frame = np.stack([output.frame(sequence, place) for sequence in range(source.sequences)])
        instant = float(output.timeline.instants[place]) if dated else None
        source.format.write(path, frame, like, instant, source.options.variable)
        if not checked:
            checked = True
            _tell_loss(source, path, frame)
    return paths


def _named_instants(source: FolderReader, output: Output) -> np.ndarray:
    """The instants of the output positions on the clock of the names."""
    instants = output.timeline.instants
    names = source.names.instants
    if names is None or len(names) < 2:
        return instants
    known = source.timeline.instants[source.present]
    beyond = np.maximum(0, instants - known[-1]) + np.minimum(0, instants - known[0])
    if np.array_equal(known, names):
        return instants
    pace = (names[-1] - names[0]) / (known[-1] - known[0])  # --times say another clock
    return np.interp(instants, known, names) + beyond * pace


def _tell_loss(source: FolderReader, path: Path, frame: np.ndarray) -> None:
    """A note where a filled file does not give back what was written into it."""
    read, info = source.format.read(path, source.options)
    if source.palette is not None:
        read = source.palette.values(read, info)
    if read.shape != frame.shape or read.dtype != frame.dtype:
        raise UserError(f"{path.name} cannot hold {frame.shape} {frame.dtype}; use --as png, tif or npy")
    if not np.array_equal(read, frame, equal_nan=frame.dtype.kind == "f"):
        how = "in the colours of a palette" if source.palette is not None else "with loss, as their neighbours"
        source.notes.append(f"filled {source.format.kind} files are coded {how}; known files are as they were")


def write_png(output: Output, folder: Path) -> list[Path]:
    """PNG files of any sequence of 8 or 16 bits, in a folder within ``folder``; several sequences in folders of theirs.

    UserError where PNG cannot hold the values or channels.
    """
    source = output.source
    if source.dtype not in (np.bool_, np.uint8, np.uint16):
        raise UserError(f"{source.path} holds {source.dtype}, png holds 8 and 16 bits; use --as tif or --as npy")
    channels = source.shape[2]
    if channels not in ((1, 3, 4) if source.dtype == np.uint16 else (1, 2, 3, 4)) or (
        source.dtype == np.bool_ and channels > 1
    ):
        raise UserError(f"{source.path} has {channels} channels, png holds 1, 3 or 4; use --as tif or --as npy")
    stems = _png_names(source, output)
    colours = source.colours if isinstance(source, FolderReader) else None
    paths = []
    for sequence in range(source.sequences):
        root = folder / output.name
        root = root / f"sequence_{sequence + 1:04d}" if source.sequences > 1 else root
        root.mkdir(parents=True, exist_ok=True)
        for stem, frame in zip(stems, output.frames(sequence), strict=True):
            path = root / f"{stem}.png"
            path.write_bytes(_png(frame, colours))
            paths.append(path)
    return paths


def _png(frame: np.ndarray, colours: bytes | None) -> bytes:
    if frame.dtype == np.uint16:
        return encode_deep(frame, ".png")
    image = Image.fromarray(np.ascontiguousarray(frame[..., 0] if frame.shape[-1] == 1 else frame))
    if colours is not None:
        image.putpalette(colours)
    return encode(image, "PNG")


def _png_names(source: Source, output: Output) -> list[str]:
    """Names by the instants where these are dates or whole numbers, else by the order."""
    timeline = output.timeline
    if timeline.clock == "date":
        times = [datetime.fromtimestamp(round(instant, 6), UTC) for instant in timeline.instants]
        fraction = any(time.microsecond for time in times)
        names = [f"{time:%Y%m%dT%H%M%S}" + (f".{time:%f}" if fraction else "") for time in times]
    else:
        whole = timeline.clock == "number" and np.array_equal(timeline.instants, np.rint(timeline.instants))
        numbers = timeline.instants.astype(int).tolist() if whole else range(1, len(timeline.instants) + 1)
        if min(numbers) < 0:
            numbers = range(1, len(timeline.instants) + 1)
        width = max(4, len(str(max(numbers))))
        names = [f"frame_{number:0{width}d}" for number in numbers]
    return names
