"""A folder of files, one a frame, in the order of the times or numbers in their names."""

from __future__ import annotations

from collections import Counter, OrderedDict
from pathlib import Path
from typing import ClassVar

import numpy as np

from ....errors import UserError
from ..names import Names, read_names
from ..source import Options, Source, describe
from .frames import FRAMES, Head, Info, suffix_of
from .palette import Palette, palette_of

_COMMON = 0.8  # the part of the files that one kind must have for others to be left out
_KEPT_BYTES = 2**28  # of files with several pages


class FolderReader(Source):
    """``files`` are those of the frames, in order; ``names`` says what their names say, and names others.

    ``format`` reads and writes one; ``palette`` says what the values of files with a palette are, None without.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"pattern", "variable"})
    form = "folder"
    palette: Palette | None = None
    colours: bytes | None = None  # the palette that the values are places in

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        self.files, self.names = self._ordered(_frames_of(path))
        self.count = len(self.files)
        self.format = FRAMES[suffix_of(self.files[0].name).lower()]
        if options.variable is not None and self.format.kind != "h5":
            raise UserError(f"--variable does not apply to {path}, a folder of {self.format.kind} files; leave it out")
        self._pages: OrderedDict[int, np.ndarray] = OrderedDict()
        heads = self._heads()
        frame, info = self.format.read(self.files[0], options)
        self._understand(heads, frame, info)
        several = f" of {self.sequences} pages" if self.sequences > 1 else ""
        self.kind = f"folder of {self.format.kind} files{several}"
        self.axes = ("TN" if self.sequences > 1 else "T") + ("YXC" if self.shape[2] > 1 else "YX")
        self._arrange(info)

    def _ordered(self, files: list[Path]) -> tuple[list[Path], Names]:
        """The files that are frames, in order. UserError where they are of two kinds, or names say no order."""
        stems = [file.name.removesuffix(suffix_of(file.name)) for file in files]
        kinds = [FRAMES[suffix_of(file.name).lower()].kind for file in files]
        if Counter(kinds).most_common(1)[0][1] < _COMMON * len(files):
            self._refuse_kinds(files, kinds)
        pattern = self.options.pattern
        if pattern is not None:
            pattern = pattern.removesuffix(suffix_of(pattern))
        names = read_names(stems, pattern, str(self.path))
        kept = [files[place] for place in names.order]
        if len({kinds[place] for place in names.order}) > 1:
            self._refuse_kinds(kept, [kinds[place] for place in names.order])
        if names.left_out:
            shown = ", ".join(files[place].name for place in names.left_out[:5])
            more = ", ..." if len(names.left_out) > 5 else ""
            self.notes.append(f"{len(names.left_out)} left out, as not named like the others: {shown}{more}")
        if names.stamp is None and len(files) > 1:
            self.notes.append("names without a time or number: the order is that of the alphabet")
        return kept, names

    def _refuse_kinds(self, files: list[Path], kinds: list[str]) -> None:
        other = next(place for place, kind in enumerate(kinds) if kind != kinds[0])
        raise UserError(
            f"{self.path}: {files[0].name} is {kinds[0]}, but {files[other].name} is {kinds[other]}; give files of one "
            "kind in a folder"
        )

    def _heads(self) -> list[Head]:
        """What the headers say, once each. UserError where two differ in size, depth or channels."""
        heads: list[Head] = []
        for file in self.files:
            head = self.format.head(file)
            if head is None:
                return []
            if heads and (head.shape, head.dtype) != (heads[0].shape, heads[0].dtype):
                raise UserError(
                    f"{file} is {_in_words(head)}, but {self.files[0].name} is {_in_words(heads[0])}; give images of "
                    "one size, depth and number of channels and pages"
                )
            if not heads or head != heads[-1]:
                heads.append(head)
        return heads

    def _understand(self, heads: list[Head], frame: np.ndarray, info: Info) -> None:
        """Set what the first file says."""
        self.fill_value = info.get("fill_value")
        if note := info.get("note"):
            self.notes.append(note)
        palettes = {(head.palette, head.more) for head in heads if head.palette is not None}
        if palettes:
            self.palette = palette_of([palette for palette, _ in palettes if palette], frame, info, self.options.labels)
            self.notes += self.palette.notes
            self.colours = info.get("palette") if self.palette.use == "places" else None
            frame = self.palette.values(frame, info)
        self.labels = frame.dtype == bool or (self.palette is not None and self.palette.labels)
        self.sequences = len(frame)
        self.shape, self.dtype = (frame.shape[1], frame.shape[2], frame.shape[3]), frame.dtype
        self._hint(frame)

    def _hint(self, frame: np.ndarray) -> None:
        """A note where the greatest value stands far above all others and often: it may mean that there is none."""
        if (
            frame.dtype not in (np.uint8, np.uint16)
            or frame.shape[-1] != 1
            or self.labels
            or self.fill_value is not None
            or self.options.fill_value is not None
        ):
            return
        values, counts = np.unique(frame, return_counts=True)
        top = np.iinfo(frame.dtype).max
        if len(values) > 16 and values[-1] == top and counts[-1] > 0.02 * frame.size and values[-2] < 0.75 * top:
            share = 100 * counts[-1] / frame.size
            self.likely_fill_value = top
            self.notes.append(
                f"{share:.0f}% of the first image are {top}, none are {values[-2] + 1} to {top - 1}: if {top} means no "
                f"value, say --fill_value {top}"
            )

    def _arrange(self, info: Info) -> None:
        """When the frames are: by their names; where these have no date, and the files one, by the files."""
        if self.names.clock != "date" and "instant" in info and self.options.pattern is None:
            said = [self.format.read(file, self.options)[1].get("instant") for file in self.files]
            instants = [instant for instant in said if instant is not None]
            if len(instants) == len(said) and all(np.diff(instants) > 0):
                self.arrange_frames(instants, "date")
                return
        if self.names.instants is not None:
            self.arrange_frames(self.names.instants, self.names.clock)

    def _decode(self, sequence: int, number: int) -> np.ndarray:
        if number not in self._pages:
            frame, info = self.format.read(self.files[number], self.options)
            if self.palette is not None:
                frame = self.palette.values(frame, info)
            if len(frame) != self.sequences or frame.shape[1:] != self.shape or frame.dtype != self.dtype:
                expected = describe(np.empty(self.shape, self.dtype))
                raise UserError(
                    f"{self.files[number]} is {len(frame)} x {describe(frame[0])}, but {self.files[0].name} is "
                    f"{self.sequences} x {expected}; give images of one size, depth and number of channels and pages"
                )
            if self.sequences == 1:
                return frame[0]
            self._pages[number] = frame
            while len(self._pages) > max(1, _KEPT_BYTES // max(1, frame.nbytes)):
                self._pages.popitem(last=False)
        return self._pages[number][sequence].copy()


def _in_words(head: Head) -> str:
    count, height, width, channels = head.shape
    pages = f"{count} pages of " if count > 1 else ""
    return f"{pages}{width}x{height}, {channels} channel(s), {head.dtype}"


def _frames_of(path: Path) -> list[Path]:
    """The files of a folder that may be frames. UserError where it has none."""
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    frames = [file for file in files if suffix_of(file.name)]
    if not frames:
        found = f"; its first file is {files[0].name}" if files else ", it is empty"
        raise UserError(f"{path} has no images{found}; put {', '.join(sorted(FRAMES))} files into it")
    return frames
