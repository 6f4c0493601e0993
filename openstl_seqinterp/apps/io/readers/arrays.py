"""Arrays of NumPy: ``.npy``, and ``.npz`` whose array `frames`, or only one, is the sequence."""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from ....errors import UserError, one_line
from ..array_source import ArraySource, Mapped, choose, require_dtype, require_room
from ..cf import decode_times
from ..source import Options

_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
)
Header = tuple[tuple[int, ...], bool, np.dtype, int]
_LARGEST = 4 * 2**30  # bytes of an array that is unpacked to a temporary file
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_header(file: IO[bytes], size: int, what: str) -> Header:
    """Of an npy file of ``size`` bytes: the shape, whether it is in Fortran's order, the dtype, the values' offset.

    UserError where it is none, or does not hold what it claims.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of the format")
        shape, fortran, dtype = _HEADERS[version](file)
    except _DAMAGED as error:
        raise UserError(f"{what} is no array of NumPy or a damaged one ({one_line(error)}); save it again") from error
    offset = file.tell()
    if any(length < 0 for length in shape):
        raise UserError(f"{what} is damaged: its shape is {shape}, expected no length below 0; save it again")
    if not dtype.hasobject and prod(shape) * dtype.itemsize > size - offset:
        raise UserError(
            f"{what} is damaged: its header claims {shape} values of {dtype}, {prod(shape) * dtype.itemsize} bytes, "
            f"and {size - offset} follow; save it again"
        )
    return shape, fortran, dtype, offset


class NpyReader(ArraySource):
    """One array in a file, mapped."""

    form = "npy"
    kind = "NumPy array"

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        with path.open("rb") as file:
            shape, fortran, dtype, offset = read_header(file, path.stat().st_size, str(path))
        require_dtype(dtype, str(path))
        self.use(Mapped(path, dtype, shape, offset, fortran), None, str(path))


class _Packed:
    """An array that is compressed in an archive: unpacked once, when it is first read, to memory or to a file."""

    def __init__(self, path: Path, member: zipfile.ZipInfo, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.path, self.member, self.shape, self.dtype = path, member, shape, dtype
        self._array: np.ndarray | Mapped | None = None
        self._file: Any = None

    def __getitem__(self, index: Any) -> np.ndarray:
        if self._array is None:
            try:
                self._array = self._unpack()
            except _DAMAGED as error:
                raise UserError(f"{self.path} is damaged ({one_line(error)}); save it again") from error
        return self._array[index]

    def _unpack(self) -> np.ndarray | Mapped:
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as file:
            if self.member.file_size <= 2**28:
                return np.lib.format.read_array(file, allow_pickle=False)
            # Deleted when the reader is, as unpacked it may be larger than the memory.
            self._file = tempfile.NamedTemporaryFile(suffix=".npy")  # noqa: SIM115
            shutil.copyfileobj(file, self._file, 2**20)
            self._file.flush()
            self._file.seek(0)
            shape, fortran, dtype, offset = read_header(self._file, self.member.file_size, str(self.path))
        return Mapped(Path(self._file.name), dtype, shape, offset, fortran)


class NpzReader(ArraySource):
    """An archive; ``key`` is the name of its array of images, ``times_key`` of that of their times, or None.

    ``members`` are all by name; none but these two is unpacked.
    """

    form = "npz"
    kind = "NumPy archive"
    reads = frozenset({"axes", "variable"})

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        try:
            with zipfile.ZipFile(path) as archive:
                self.members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
                headers = {name: self._header(archive, member) for name, member in self.members.items()}
                self.key = self._choose(headers)
                self._take(headers[self.key])
                self.times_key = "times" if "times" in headers and self.key != "times" else None
                if options.variable is not None and self.times_key and headers["times"][0] != (self.count,):
                    self.times_key = None  # of another array of the archive
                if self.times_key and options.times is None:
                    self._read_times(archive, headers["times"])
        except _DAMAGED as error:
            raise UserError(f"{path} is no npz file or a damaged one ({one_line(error)}); save it again") from error

    def _header(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Header:
        what = f"{self.path}: {member.filename}"
        if member.flag_bits & 1:
            raise UserError(f"{what} is encrypted; save it again without a password")
        require_room(member.file_size, member.compress_size, what)
        if member.compress_type != zipfile.ZIP_STORED and member.file_size > _LARGEST:
            raise UserError(f"{what} has {member.file_size} bytes, expected at most {_LARGEST} of a compressed array")
        with archive.open(member) as file:
            return read_header(file, member.file_size, what)

    def _choose(self, headers: dict[str, Header]) -> str:
        if self.options.variable is None and "frames" in headers:
            return "frames"
        if self.options.variable is None and len(headers) == 1:
            return next(iter(headers))
        fitting = [name for name, (shape, _, dtype, _) in headers.items() if len(shape) > 2 and dtype.kind in "biuf"]
        if len(fitting) > 1 and self.options.variable is None:
            raise UserError(
                f"{self.path} has the arrays {', '.join(headers)}; name that of images 'frames', or say which with "
                "--variable"
            )
        return choose(fitting, self.options.variable, str(self.path))

    def _take(self, header: Header) -> None:
        shape, fortran, dtype, offset = header
        member, what = self.members[self.key], f"{self.path}: {self.key}"
        require_dtype(dtype, what)
        array: Mapped | _Packed
        if member.compress_type == zipfile.ZIP_STORED:
            with self.path.open("rb") as file:  # the local header repeats the name, with an extra field of its own
                file.seek(member.header_offset + 26)
                start = file.tell() + 4 + sum(struct.unpack("<HH", file.read(4)))
            if start + member.file_size > self.path.stat().st_size:
                raise UserError(f"{what} is damaged: it is cut short; save it again")
            array = Mapped(self.path, dtype, shape, start + offset, fortran)
        else:
            array = _Packed(self.path, member, shape, dtype)
        self.use(array, None, what)

    def _read_times(self, archive: zipfile.ZipFile, header: Header) -> None:
        if header[0] != (self.count,):
            raise UserError(
                f"{self.path}: times is {header[0]}, expected ({self.count},): one for each frame; remove it, "
                "or give the times with --times"
            )
        with archive.open(self.members["times"]) as file:
            decoded = decode_times(np.lib.format.read_array(file, allow_pickle=False), {})
        if decoded is None:
            raise UserError(f"{self.path}: times holds {header[2]}, expected numbers or dates; remove it")
        self.arrange_frames(*decoded)
