"""What was uploaded, as one sequence on disk: a zip archive is unpacked where nothing can lie outside a folder."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from ...errors import UserError, one_line
from .limits import IMAGES, UNPACKED


def as_sequence(files: Sequence[Path]) -> Path:
    """The file or folder that uploaded ``files``, all in one folder, are a sequence of. UserError for a bad archive."""
    if len(files) > 1:
        return files[0].parent
    (file,) = files
    return _unpacked(file) if file.suffix.lower() == ".zip" else file


def _unpacked(archive: Path) -> Path:
    """The folder of an archive's files, or its only file."""
    folder = archive.with_suffix("")
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [each for each in opened.infolist() if not each.is_dir() and not _ignored(each.filename)]
            _check(archive.name, members)
            folder.mkdir()
            for member in members:
                with opened.open(member) as source, (folder / PurePosixPath(member.filename).name).open("xb") as target:
                    _copy(source, target, member.file_size)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UserError(
            f"{archive.name} is no zip archive or a damaged one ({one_line(error)}); pack it again"
        ) from error
    files = list(folder.iterdir())
    return files[0] if len(files) == 1 else folder


def _ignored(name: str) -> bool:
    """Whether a member is what systems add: ``__MACOSX/``, ``.DS_Store``, ``Thumbs.db``."""
    parts = PurePosixPath(name).parts
    return (
        any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts) or parts[-1] == "Thumbs.db"
    )


def _check(archive: str, members: Sequence[zipfile.ZipInfo]) -> None:
    if not members:
        raise UserError(f"{archive} is empty; pack the images of one sequence")
    if len(members) > IMAGES:
        raise UserError(f"{archive} holds {len(members)} files, expected at most {IMAGES}; use `seqinterp predict`")
    total = sum(member.file_size for member in members)
    if total > UNPACKED * 1e6:
        raise UserError(
            f"{archive} holds {total / 1e6:.0f} MB unpacked, expected at most {UNPACKED}; pack fewer images"
        )
    folders = {PurePosixPath(member.filename).parent for member in members}
    for member in members:
        path = PurePosixPath(member.filename)
        if (
            path.is_absolute()
            or ".." in path.parts
            or "\\" in member.filename
            or stat.S_ISLNK(member.external_attr >> 16)
        ):
            raise UserError(f"{archive} holds {member.filename!r:.80}, which leads elsewhere; pack plain files")
        if member.flag_bits & 1:
            raise UserError(f"{archive} is encrypted; pack it again without a password")
    if len(folders) > 1:
        names = ", ".join(sorted(map(str, folders))[:3])
        raise UserError(f"{archive} holds several folders ({names}), expected the images of one sequence; pack one")


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy a member; ValueError where it holds more than it says."""
    while part := source.read(2**20):
        size -= len(part)
        if size < 0:
            raise ValueError("a file is larger than the archive says")
        target.write(part)


def packed(folder: Path, archive: Path) -> Path:
    """An archive of a folder's files, as they are; the same files, the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            target.writestr(zipfile.ZipInfo(path.relative_to(folder.parent).as_posix()), path.read_bytes())
    return archive
