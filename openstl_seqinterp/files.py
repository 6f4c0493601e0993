"""Files and folders appear whole or not at all: write to a temporary sibling, then rename."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError

_IN_USE: set[Path] = set()  # what this process is writing


def writable_folder(folder: Path) -> Path:
    """Create ``folder`` where needed and prove that a file can be written there; UserError if not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UserError(f"cannot write to folder {folder}: {error.strerror}; choose another one") from error


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path with the suffix of ``path``; rename it to ``path`` on success, else remove it."""
    writable_folder(path.parent)
    _remove_abandoned(path.parent, f".{path.stem}.", path.suffix)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    _IN_USE.add(temporary)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        _IN_USE.discard(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically (ValueError on NaN or infinity, which JSON cannot hold)."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary sibling folder, which is removed in the end; UserError where the system cannot write.

    What processes that are gone left behind is removed first.
    """
    writable_folder(path.parent)
    _remove_abandoned(path.parent, f".{path.name}.", ".partial")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        temporary.mkdir()
        _IN_USE.add(temporary)
        yield temporary
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}; make room, or choose another one") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _IN_USE.discard(temporary)


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


def _remove_abandoned(folder: Path, start: str, end: str) -> None:
    """Remove what has the number of a process that is gone between ``start`` and ``end`` of its name."""
    for left in folder.iterdir():
        process = re.fullmatch(re.escape(start) + r"(\d{1,10})" + re.escape(end), left.name)
        if process and left not in _IN_USE and not _alive(int(process[1])):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if process == os.getpid():  # one before this had the same number, as in a container that starts again
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user
        return True
    return True
