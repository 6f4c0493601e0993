"""One input of ``seqinterp predict``: what is to be filled, from what, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError, require_known
from ..io import SETTINGS, WRITERS, Options, Source, open_source, write
from ..progress import tracked
from ..staging import atomic_files, atomic_folder
from .fillers import Filler
from .report import OWN, REPORT, Report, files_of
from .request import Request
from .work import Work


class Job(Work):
    """The work on an input, and the files that come of it, in ``out`` or beside it. All is checked before it runs."""

    def __init__(self, path: Path, out: Path, request: Request, fillers: Sequence[Filler]) -> None:
        self.out, self.request = out, request
        # A file where it is named like one; else a folder that holds the result, its report and its pictures.
        self.alone = out.suffix.lower().removeprefix(".") in WRITERS and not out.is_dir()
        self._check_out(path)
        self.source = open_source(path, request.options)
        self.form = self._form()
        self.name = self._name()
        super().__init__(self.source, request, fillers)
        self.choices = [self.choice(sequence) for sequence in range(self.source.sequences)]
        self.check(0)
        self.truth = self._open_truth() if request.truth else None

    def _check_out(self, source: Path) -> None:
        out = self.out
        check_beside(out, source)
        if self.alone:
            check_free(out, self.request.overwrite)
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

    def run(self) -> dict[str, Any]:
        """Fill, write everything, and return what the report holds."""
        start = time.perf_counter()
        total = self.layout.count(None) * self.source.sequences
        steps = tracked(range(total), "filling", total)

        def give(sequence: int, place: int) -> np.ndarray:
            next(steps)
            if (position := self.as_it_came(sequence, place)) is not None:
                return self.source.read(sequence, position)
            image = self.image(sequence, place)
            report.add(sequence, place, image)
            return self.frame(sequence, place, image)

        staged = (atomic_files if self.alone else atomic_folder)(self.out, self.request.overwrite)
        with staged as folder:
            report = Report(self, folder, f"{self.out.stem}." if self.alone else "")
            written = write(self.output(self.name, give), self.form, folder)
            next(steps, None)  # the bar is full
            report.pictures.draw()
            content = report.content([path.relative_to(folder) for path in written], time.perf_counter() - start)
            report.write(content)
        return content


def check_beside(out: Path, source: Path) -> None:
    """UserError where a result would take the place of its input."""
    resolved = source.resolve()
    if resolved in (out.resolve(), out.resolve() / resolved.name) or out.resolve() in resolved.parents:
        raise UserError(f"--out {out} is or holds the input, which stays as it is; name another one")


def check_free(out: Path, overwrite: bool) -> None:
    """UserError where a result that is one file would take the place of another, unasked."""
    if out.exists() and not overwrite:
        raise UserError(f"--out {out} is there already; name another file, or add --overwrite")


def _stem(source: Source) -> str:
    """The name of a result: that of the input, without its suffix."""
    path = source.path.resolve()
    return path.name if path.is_dir() and path.suffix.lower() != ".zarr" else path.stem
