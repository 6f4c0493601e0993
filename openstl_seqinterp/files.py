"""Files appear whole or not at all: write to a temporary sibling, then rename."""

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

IN_USE: set[Path] = set()  # what this process is writing


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
    remove_abandoned(path.parent, f".{path.stem}.", path.suffix)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    IN_USE.add(temporary)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        IN_USE.discard(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically (ValueError on NaN or infinity, which JSON cannot hold)."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def remove_abandoned(folder: Path, start: str, end: str) -> None:
    """Remove what has the number of a process that is gone between ``start`` and ``end`` of its name."""
    for left in folder.iterdir():
        process = re.fullmatch(re.escape(start) + r"(\d{1,10})" + re.escape(end), left.name)
        if process and left not in IN_USE and not _alive(int(process[1])):
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
