"""One input of ``seqinterp predict``: what is to be filled, from what, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, require_known
from ..io import SETTINGS, WRITERS, Options, Output, Source, open_source, write
from ..progress import tracked
from ..staging import atomic_files, atomic_folder
from .choice import Choice
from .fillers import Filler
from .missing import missing_positions
from .places import Places, output_places, output_timeline
from .plan import Filling, Reading
from .report import OWN, REPORT, Report, files_of
from .request import Request
from .scale import Scale
from .uncertainty import Uncertainty


class Job:
    """A sequence file or folder and its missing images, for ``fillers`` of which one is chosen for each sequence.

    Everything is checked before it runs.
    """

    def __init__(self, path: Path, out: Path, request: Request, fillers: Sequence[Filler]) -> None:
        self.out, self.request, self.fillers = out, request, fillers
        # A file where it is named like one; else a folder that holds the result, its report and its pictures.
        self.alone = out.suffix.lower().removeprefix(".") in WRITERS and not out.is_dir()
        self._check_out(path)
        self.source = open_source(path, request.options)
        self.form = self._form()
        self.name = self._name()
        missing, self.found = missing_positions(self.source, request.missing)
        self.places = self._places()
        self.observed = np.pad(~missing, [(0, 0), (0, request.extend)])
        self.layout = self._layout()
        if request.insert and len(self.layout) < 2:
            raise UserError(f"{path} has one image; --insert puts images between two images or more")
        if None not in self.layout:
            raise UserError(
                f"no image of {path} is missing ({self.source.timeline.describe(())}); name some with --missing, or "
                "use --extend, --insert, --at or --every"
            )
        self.scale = self._scale()
        self.targets = [float(self.places.places[place]) for place, known in enumerate(self.layout) if known is None]
        self.choices = [Choice(self._fillings(sequence), self.targets) for sequence in range(self.source.sequences)]
        for place, position in zip(self.places.places, self.places.position, strict=True):
            if position is None:
                for filling in self.choices[0].fillings:
                    filling.reading(float(place))  # says so where it cannot be
        self._uncertainties: dict[int, Uncertainty] = {}
        self.truth = self._open_truth() if request.truth else None

    def _fillings(self, sequence: int) -> list[Filling]:
        read, mask, cuts = partial(self.read, sequence), self.observed[sequence], self.request.cuts == "auto"
        return [Filling(filler, self.scale, read, mask, self._own, cuts=cuts) for filler in self.fillers]

    def _check_out(self, source: Path) -> None:
        out, resolved = self.out, source.resolve()
        if resolved in (out.resolve(), out.resolve() / resolved.name) or out.resolve() in resolved.parents:
            raise UserError(f"--out {out} is or holds the input, which stays as it is; name another one")
        if self.alone:
            if out.exists() and not self.request.overwrite:
                raise UserError(f"--out {out} is there already; name another file, or add --overwrite")
            return
        if out.exists() and not out.is_dir():
            raise UserError(f"--out {out} is a file, expected a folder")
        if out.is_dir() and any(out.iterdir()):
            if not self.request.overwrite:
                raise UserError(f"--out {out} already holds files; name another folder, or add --overwrite")
            former = files_of(out)
            if former is None:
                raise UserError(f"--out {out} holds files but no {REPORT}, so it is no earlier result to overwrite")
            if others := sorted({path.name for path in out.iterdir()} - former):
                raise UserError(f"--out {out} holds {others[0]}, which is not of the earlier result; move it elsewhere")

    def _form(self) -> str:
        suffix = self.out.suffix.lower().removeprefix(".") if self.alone else None
        form = self.request.form or suffix or self.source.form
        if suffix is not None and form != suffix:
            raise UserError(f"--out {self.out} is no {form}; give --as {suffix}, or a name that ends in .{form}")
        require_known("form", form, WRITERS)
        for name in self.request.settings.keys() - set(SETTINGS.get(form, ())):
            raise UserError(f"--{name} does not apply to {form}; leave it out")
        return form

    def _name(self) -> str:
        """That of the file or folder of images. UserError where something beside it has the same."""
        if self.alone:
            return self.out.name
        name = _stem(self.source) + ("" if self.form in ("folder", "png") else f".{self.form}")
        if name in OWN:
            raise UserError(
                f"{self.source.path} would become {self.out / name}, which is the name of a picture or report of the "
                f"result; rename it, or name a file: --out {self.out / f'result.{self.form}'}"
            )
        return name

    def _places(self) -> Places:
        request, timeline = self.request, self.source.timeline
        strict = next((filler.name for filler in self.fillers if filler.regular), None)
        if strict is not None and not timeline.regular:
            raise UserError(
                f"{strict} reads images that are one step apart, and those of {self.source.path} are not: "
                f"{timeline.describe(())}; leave out --checkpoint"
            )
        return output_places(timeline, extend=request.extend, insert=request.insert, at=request.at, every=request.every)

    @property
    def _own(self) -> np.ndarray:
        """When the positions of the input, and those behind it, are, in steps."""
        places = self.source.timeline.places
        return np.concatenate([places, places[-1] + 1 + np.arange(self.request.extend)])

    def _layout(self) -> list[int | None]:
        """What stands at each place in the end: the position of an image that all sequences know, or None."""
        known = np.logical_and.reduce(self.observed, axis=0)
        layout = [None if position is None or not known[position] else position for position in self.places.position]
        if self.request.holes == "fill":
            layout = [None if position is not None and self._has_holes(position) else position for position in layout]
        return layout

    def _has_holes(self, position: int) -> bool:
        sequences = range(self.source.sequences)
        return any(self.source.holes(self.source.read(sequence, position)) is not None for sequence in sequences)

    def _scale(self) -> Scale:
        source = self.source
        if self.request.range is not None:
            return Scale(source.dtype, *self.request.range, source.fill_value, source.labels)
        known = [levels for (sequence, position), levels in source.levels.items() if self.observed[sequence, position]]
        return Scale.of(source.dtype, known or source.levels.values(), source.fill_value, source.labels)

    def _open_truth(self) -> Source:
        options, layout = self.request.options, self.layout
        shape = options.csv_shape and (len(layout), *options.csv_shape[1:])
        truth = open_source(Path(str(self.request.truth)), Options(**{**vars(options), "csv_shape": shape}))
        expected = (self.source.sequences, len(layout), *self.source.shape)
        found = (truth.sequences, truth.length, *truth.shape)
        if found != expected or truth.dtype != self.source.dtype:
            raise UserError(
                f"--truth {truth.path} has {truth.dtype} images {found} (sequences, images, H, W, C), "
                f"expected {self.source.dtype} {expected}"
            )
        lacking = [place + 1 for place in truth.absent if layout[place] is None]
        if lacking:
            raise UserError(f"--truth {truth.path} lacks image {lacking[0]}, which is to be filled; give a whole one")
        return truth

    def read(self, sequence: int, position: int) -> np.ndarray:
        """A known image (H, W, C) in unit values, NaN where it has none."""
        return self.scale.to_unit(self.source.read(sequence, position))

    def image(self, sequence: int, place: int) -> np.ndarray:
        """The image (H, W, C) at a place of the result, in unit values."""
        position, filling = self.places.position[place], self.choices[sequence].filling
        if position is None:
            return filling.at(float(self.places.places[place]))
        if self.request.holes == "fill" and self.observed[sequence, position]:
            return filling.without_holes(position)
        return filling[position]

    def known(self, sequence: int, place: int) -> np.ndarray | None:
        """The known image (H, W, C) at a place of the result in unit values; None where there is none."""
        position = self.places.position[place]
        known = position is not None and self.observed[sequence, position]
        return self.read(sequence, position) if position is not None and known else None

    def filled(self, sequence: int) -> list[int]:
        """The places of the result at which a sequence has something filled."""
        missing = [place for place, known in enumerate(self.layout) if known is None]
        return [place for place in missing if not self._as_it_came(sequence, place)]

    def _as_it_came(self, sequence: int, place: int) -> bool:
        """Whether the image at a place of the result that is filled in some sequence is known in this one."""
        position = self.places.position[place]
        if position is None or not self.observed[sequence, position]:
            return False
        return self.request.holes == "keep" or self.source.holes(self.source.read(sequence, position)) is None

    def reading(self, sequence: int, place: int) -> Reading | None:
        """How the image at a place of the result was read; None where it is as it came."""
        return self.choices[sequence].filling.used.get(float(self.places.places[place]))

    def uncertainty(self, sequence: int) -> Uncertainty:
        """How far the images that are filled in a sequence may be off."""
        if sequence not in self._uncertainties:
            self._uncertainties[sequence] = Uncertainty(self.choices[sequence].filling, self.targets)
        return self._uncertainties[sequence]

    def run(self) -> dict[str, Any]:
        """Fill, write everything, and return what the report holds."""
        start = time.perf_counter()
        total = self.layout.count(None) * self.source.sequences
        steps = tracked(range(total), "filling", total)

        def give(sequence: int, place: int) -> np.ndarray:
            next(steps)
            position = self.places.position[place]
            if position is not None and self._as_it_came(sequence, place):
                return self.source.read(sequence, position)
            image = self.image(sequence, place)
            report.add(sequence, place, image)
            frame = self.scale.from_unit(image)
            if position is not None and self.observed[sequence, position]:  # what is known stays as it is
                known = self.source.read(sequence, position)
                frame = np.where(np.isnan(self.scale.to_unit(known)), frame, known)
            return frame

        output = Output(
            self.source,
            self.layout,
            output_timeline(self.source.timeline, self.places.places),
            give,
            self.name,
            self.request.settings,
        )
        staged = (atomic_files if self.alone else atomic_folder)(self.out, self.request.overwrite)
        with staged as folder:
            report = Report(self, folder, f"{self.out.stem}." if self.alone else "")
            written = write(output, self.form, folder)
            next(steps, None)  # the bar is full
            report.draw()
            content = report.content([path.relative_to(folder) for path in written], time.perf_counter() - start)
            report.write(content)
        return content


def _stem(source: Source) -> str:
    """The name of a result: that of the input, without its suffix."""
    path = source.path.resolve()
    return path.name if path.is_dir() and path.suffix.lower() != ".zarr" else path.stem
