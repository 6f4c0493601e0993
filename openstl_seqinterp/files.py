"""Files appear whole or not at all: write to a temporary sibling, then rename."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError


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
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write strict JSON atomically (ValueError on NaN or infinity, which JSON cannot hold)."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
