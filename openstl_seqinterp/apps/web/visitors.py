"""Who looks at the page: a temporary folder each, what is in it, and the process that works for them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import UserError
from .asked import Asked
from .children import Child
from .limits import UPLOAD


class Cancelled(UserError):
    """A visitor has stopped what ran for them."""


@dataclass
class Visitor:
    """A tab of a browser. Everything of theirs is below ``folder``, but for ``uploads``, which Gradio has received."""

    folder: Path
    asked: Asked | None = None  # of the sequence that was brought
    brought: Path | None = None  # folder of its pictures
    shape: tuple[int, int] = (0, 0)  # (H, W) of its images
    checkpoints: dict[str, Path] = field(default_factory=dict)
    uploads: set[Path] = field(default_factory=set)
    child: Child | None = None
    yields: bool = False  # whether what the child does may be left undone

    def new_folder(self, what: str) -> Path:
        """An empty folder of the visitor's."""
        return Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{what}-"))

    def keep_only(self, *folders: Path) -> None:
        """Remove earlier folders of the same kinds."""
        for kind in {folder.name.partition("-")[0] for folder in folders}:
            for other in set(self.folder.glob(f"{kind}-*")).difference(folders):
                shutil.rmtree(other, ignore_errors=True)

    def take(self, files: Sequence[str]) -> list[Path]:
        """Where uploaded files are from now on: in a new folder of the visitor's, under their own names.

        Several are in a folder ``images`` there. UserError where they are too large, or two have one name.
        """
        total = sum(Path(name).stat().st_size for name in files) / 1e6
        if total > UPLOAD:
            raise UserError(
                f"the files have {total:.0f} MB together, expected at most {UPLOAD}; use `seqinterp predict`"
            )
        folder = self.new_folder("upload")
        if len(files) > 1:
            folder /= "images"
            folder.mkdir()
        taken = []
        for number, name in enumerate(files):
            upload = Path(name)
            target = folder / upload.name
            if target.exists():
                raise UserError(f"two files are called {upload.name}, the last is number {number + 1}; rename one")
            try:
                os.link(upload, target)
            except OSError:
                shutil.copyfile(upload, target)
            self.uploads.add(upload)
            taken.append(target)
        return taken

    def run(self, function: Callable[..., int | None], *arguments: Any) -> Iterator[str | None]:
        """The lines of a child that works for the visitor, one at a time. UserError where it fails or is stopped.

        One that ``yields`` may be stopped without that.
        """
        self.require_idle()
        self.child = child = Child(function, *arguments)
        said = ""
        try:
            for line in child.lines():
                if line is not None and line.startswith("error: "):
                    said = line.removeprefix("error: ")
                    continue
                yield line
        finally:
            if child.code is None:  # nobody listens any more
                child.stop()
                child.end()
            self.child, yielded, self.yields = None, self.yields, False
        if child.stopped and yielded:
            return
        if child.stopped:
            raise Cancelled("cancelled")
        if child.code:
            raise UserError(self.told(said) or f"it ended unexpectedly (code {child.code}): was there enough memory?")

    def require_idle(self) -> None:
        """UserError where a child works for the visitor; one whose work may be left undone is stopped instead."""
        child = self.child
        if child is not None and self.yields:
            child.stop()
            child.end()
            while self.child is child:  # until the thread that reads its lines knows
                time.sleep(0.05)
        if self.child is not None:
            raise UserError("something of yours is still running; wait for it, or cancel it")

    def told(self, text: str) -> str:
        """A message without the names of the folders that it happened in."""
        return re.sub(rf"{re.escape(str(self.folder))}/((upload|sequence|result)-[^/ ]*/)?", "", text)

    def leave(self) -> None:
        """Stop what runs and remove every file."""
        self.yields = False
        if (child := self.child) is not None:
            child.stop()
            child.end()
        for upload in self.uploads:
            with suppress(OSError):
                upload.unlink()
                upload.parent.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)


class Visitors:
    """All visitors, by the hash that Gradio gives a tab, in folders below ``root``; ``checkpoints`` are for all."""

    def __init__(self, root: Path, checkpoints: Mapping[str, Path] | None = None) -> None:
        self.root, self.checkpoints, self._by_hash = root, checkpoints or {}, dict[str, Visitor]()

    def of(self, hash_: str | None) -> Visitor:
        """The visitor of a tab, new where they were not here before."""
        key = str(hash_)
        if key not in self._by_hash:
            self._by_hash[key] = Visitor(Path(tempfile.mkdtemp(dir=self.root, prefix="visitor-")))
        return self._by_hash[key]

    def leave(self, hash_: str | None) -> None:
        """A tab was closed."""
        visitor = self._by_hash.pop(str(hash_), None)
        if visitor is not None:
            visitor.leave()

    def close(self) -> None:
        """All leave."""
        for key in list(self._by_hash):
            self.leave(key)
