"""Results of several files appear whole or not at all: they are written to a temporary sibling folder, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UserError
from ..files import IN_USE, remove_abandoned, writable_folder


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary sibling folder, which is removed in the end; UserError where the system cannot write.

    What processes that are gone left behind is removed first.
    """
    writable_folder(path.parent)
    remove_abandoned(path.parent, f".{path.name}.", ".partial")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        temporary.mkdir()
        IN_USE.add(temporary)
        yield temporary
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}; make room, or choose another one") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        IN_USE.discard(temporary)


@contextmanager
def atomic_folder(path: Path, replace: bool = False) -> Iterator[Path]:
    """Give an empty temporary folder, which takes the place of ``path`` as a whole on success, else is removed.

    UserError where it cannot be written (a full disk, for example), or ``path`` holds files in the end that it must not
    ``replace``.
    """
    with _beside(path) as temporary:
        written, former = temporary / "new", temporary / "former"
        written.mkdir()
        yield written
        if path.is_dir() and any(path.iterdir()):
            if not replace:
                raise UserError(f"{path} already holds files; name another folder, or add --overwrite")
            path.rename(former)
        try:
            written.rename(path)
        except OSError:
            if former.exists():
                former.rename(path)
            raise


@contextmanager
def atomic_files(path: Path, replace: bool = False) -> Iterator[Path]:
    """Give an empty temporary folder, whose content moves beside ``path`` on success, else is removed.

    UserError where it cannot be written, or something of those names is there in the end that it must not ``replace``.
    """
    with _beside(path) as written:
        yield written
        targets = {each: path.with_name(each.name) for each in written.iterdir()}
        there = [target for target in targets.values() if target.exists()]
        if there and not replace:
            raise UserError(f"{there[0]} is there already; name another file, or add --overwrite")
        for target in there:
            if target.is_dir():
                shutil.rmtree(target)
        for each, target in targets.items():
            each.replace(target)
