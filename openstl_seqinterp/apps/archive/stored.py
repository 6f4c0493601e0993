"""What the processes that fill an archive share: a folder beside the result, which goes when that is whole.

It holds the result so far, a record of each part that is written, and what was found in whole sequences. All of it is
written by renaming whole files, so a process may be killed at any time, on any machine.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from ..._version import __version__
from ...errors import UserError
from ...files import writable_folder
from ..fill.missing import Seen
from ..fill.request import Request
from ..fill.uncertainty import Fit


@dataclass(frozen=True)
class Archive:
    """A fill of the input ``path`` into the store ``out``: all that a process is told; the rest is in `folder`.

    Paths are absolute. ``token`` tells this fill from others of the same.
    """

    path: Path
    out: Path
    request: Request
    checkpoint: str | None
    method: str | None
    device: str
    tile: int
    token: str = ""
    version: str = __version__

    @property
    def folder(self) -> Path:
        """Where the work is kept until the result is whole."""
        return self.out.with_name(f".{self.out.name}.unfinished")

    @property
    def written(self) -> Path:
        """The folder of what is moved beside `out` in the end."""
        return self.folder / "written"

    @property
    def store(self) -> Path:
        """The result so far."""
        return self.written / self.out.name

    @property
    def deviations(self) -> Path:
        """How far it may be off, where that is asked for."""
        return self.written / f"{self.out.stem}.uncertainty.zarr"

    def command(self, understood: str) -> dict[str, Any]:
        """What a fill must have in common with the one that it goes on with; ``understood`` describes the input."""
        said = {key: value for key, value in asdict(self).items() if key not in ("token", "request")}
        said |= {f"--{key}": value for key, value in asdict(self.request).items() if key != "overwrite"}
        if self.checkpoint is not None:
            with Path(self.checkpoint).open("rb") as file:
                said["weights"] = file_digest(file, "sha256").hexdigest()
        return json.loads(json.dumps({**said, "understood": understood}, default=str))


@contextmanager
def claimed(archive: Archive, understood: str) -> Iterator[Archive]:
    """Keep other commands from this fill, and give it the token of an earlier command that did not finish it.

    UserError where one is at work on it, or where the earlier one asked for something else. Where this one ends before
    anything was filled, nothing stays of it.
    """
    folder, plan = archive.folder, archive.folder / "command.json"
    writable_folder(folder)
    try:
        with FileLock(folder / "lock", timeout=0):
            command = archive.command(understood)
            earlier = json.loads(plan.read_text("utf-8")) if plan.is_file() else {"token": uuid.uuid4().hex, **command}
            if different := [key for key in command if earlier.get(key) != command[key]]:
                key = different[0]
                raise UserError(
                    f"{folder} holds a fill that another command began, with {key} {earlier.get(key)!r}, now "
                    f"{command[key]!r}; repeat that command, or remove the folder"
                )
            _write(plan, json.dumps(earlier).encode())
            try:
                yield replace(archive, token=earlier["token"])
            finally:
                if not (folder / _MEASURED).is_file():
                    shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        raise UserError(f"{archive.out} is being filled by another process; wait for it") from None
    except OSError as error:
        raise UserError(
            f"cannot write {folder}: {error.strerror or error}; make room, and repeat the command"
        ) from error


_SEEN, _MEASURED = "seen.npz", "measured.npz"


def save_seen(archive: Archive, seen: Seen, low: float, high: float) -> None:
    """Keep what is to be filled, and the range of values."""
    found = np.array(seen.found, np.str_)
    _save(archive.folder / _SEEN, missing=seen.missing, holes=seen.holes, found=found, range=np.array([low, high]))


def load_seen(archive: Archive) -> tuple[Seen, tuple[float, float]] | None:
    """What `save_seen` kept; None before."""
    if not (archive.folder / _SEEN).is_file():
        return None
    with np.load(archive.folder / _SEEN) as kept:
        low, high = kept["range"].tolist()
        return Seen(kept["missing"], kept["holes"], kept["found"].tolist()), (low, high)


def save_measured(archive: Archive, chosen: dict[int, int], fitted: dict[int, Fit]) -> None:
    """Keep the filler of each sequence and the fit of its uncertainty: from here on parts are written."""
    found: dict[str, Mapping[int, Any]] = {"chosen": chosen, "fitted": fitted}
    arrays = {f"{name}_of": np.array([*each], np.int64) for name, each in found.items()}
    values = {name: np.array([*each.values()], np.float64) for name, each in found.items()}
    _save(archive.folder / _MEASURED, **arrays, **values)


def load_measured(archive: Archive) -> tuple[dict[int, int], dict[int, Fit]] | None:
    """What `save_measured` kept; None before."""
    if not (archive.folder / _MEASURED).is_file():
        return None
    with np.load(archive.folder / _MEASURED) as kept:
        chosen = dict(zip(kept["chosen_of"].tolist(), kept["chosen"].astype(int).tolist(), strict=True))
        fits = [Fit(factor, floor, int(count)) for factor, floor, count in kept["fitted"].reshape(-1, 3).tolist()]
        return chosen, dict(zip(kept["fitted_of"].tolist(), fits, strict=True))


def record(archive: Archive, stage: str, number: int, content: Any) -> None:
    """Say that a part of a ``stage`` is done, and what came of it."""
    folder = archive.folder / stage
    folder.mkdir(exist_ok=True)
    _write(folder / f"{number}.json", json.dumps(content).encode())


def recorded(archive: Archive, stage: str) -> set[int]:
    """The parts of a ``stage`` that are done."""
    folder = archive.folder / stage
    return {int(path.stem) for path in folder.glob("*.json")}


def records(archive: Archive, stage: str, count: int) -> Iterator[Any]:
    """What came of the parts 0 to ``count`` of a ``stage``."""
    return (json.loads((archive.folder / stage / f"{number}.json").read_text("utf-8")) for number in range(count))


def publish(archive: Archive) -> list[str]:
    """Move all that is written beside the result, the result itself last; the names. Nothing else stays."""
    written = sorted(archive.written.iterdir(), key=lambda path: path == archive.store)
    for each in written:
        target = archive.out.with_name(each.name)
        if target.is_dir():
            shutil.rmtree(target)
        each.replace(target)
    shutil.rmtree(archive.folder)
    return [each.name for each in written]


def _save(path: Path, **arrays: Any) -> None:
    buffer = BytesIO()
    np.savez(buffer, **arrays)
    _write(path, buffer.getvalue())


def _write(path: Path, content: bytes) -> None:
    """Not by `files.atomic`: many processes, of several machines, write into one folder of many files."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    temporary.write_bytes(content)
    temporary.replace(path)
