"""One frame a HDF5 file, as national weather services give radar: KNMI's own form and ODIM, or the only image in it."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import UserError, one_line
from ..array_source import choose, require_dtype, require_frames, require_room
from ..axes import View
from ..extras import science
from ..source import Options
from .hdf5 import DAMAGED, datasets, declared_fill_value, open_file

with science():
    import h5py

_KNOWN = (re.compile(r"image\d+/image_data"), re.compile(r"dataset\d+/data\d+/data"))  # KNMI, ODIM
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_KNMI = re.compile(r"(\d+)-([A-Z]{3})-(\d{4});(\d+):(\d+):(\d+)(?:\.(\d+))?")


def read(path: Path, options: Options) -> tuple[np.ndarray, dict[str, Any]]:
    """The image, or images, of a file: an array (N, H, W, C), and what the file says of it.

    That is ``instant``, in seconds since 1970, and ``fill_value``, where it says them. UserError where there is no
    image, or several and no ``variable``.
    """
    with open_file(path) as file:
        dataset = _find(file, path, options.variable)
        try:
            values = np.asarray(dataset[()])
            said = {"instant": _instant(file, dataset), "fill_value": declared_fill_value(dataset)}
        except DAMAGED as error:
            raise UserError(f"{path}: {dataset.name} is damaged ({one_line(error)}); save it again") from error
    view = View(values, _axes(values.shape))
    frames = np.stack([view.frame(number, 0) for number in range(view.sequences)])
    return frames, {name: value for name, value in said.items() if value is not None}


def write(path: Path, frame: np.ndarray, like: Path, instant: float | None = None, variable: str | None = None) -> None:
    """A copy of the file ``like`` with the values of ``frame``, (H, W, C) or (N, H, W, C), in the place of its own.

    Where ``instant`` is given, the times that `read` reads are set to it. UserError where ``like`` is damaged.
    """
    shutil.copyfile(like, path)
    with h5py.File(path, "r+") as file:
        dataset = _find(file, path, variable)
        values = np.empty(dataset.shape, dataset.dtype)
        view = View(values, _axes(values.shape))
        for number, each in enumerate(frame.reshape(-1, *view.shape)):
            view.store(number, 0, each)
        dataset[...] = values
        if instant is not None:
            _set_instant(file, dataset, datetime.fromtimestamp(round(instant), UTC))


def _find(file: h5py.File, path: Path, variable: str | None) -> h5py.Dataset:
    found = datasets(file, 2, path)
    known = [name for name in found if any(pattern.fullmatch(name) for pattern in _KNOWN)]
    dataset = found[choose(list(found) if variable is not None else known or list(found), variable, str(path))]
    what = f"{path}: {str(dataset.name).strip('/')}"
    require_dtype(dataset.dtype, what)
    require_frames(1, dataset.shape, what)
    require_room(dataset.nbytes, path.stat().st_size, what)
    return dataset


def _axes(shape: tuple[int, ...]) -> str:
    """(..., H, W), or (..., H, W, C) of 3 or 4 channels."""
    colours = len(shape) > 2 and shape[-1] in (3, 4)
    many = len(shape) - 2 - colours
    return "NZQRIABDEFGH"[:many] + "YX" + "C" * colours


def _texts(place: Any, *names: str) -> list[str] | None:
    """Attributes as text, or None where one is lacking."""
    if place is None or any(name not in place.attrs for name in names):
        return None
    values = [np.asarray(place.attrs[name]).reshape(-1)[0] for name in names]
    return [value.decode("ascii", "replace") if isinstance(value, bytes) else str(value) for value in values]


def _instant(file: h5py.File, dataset: h5py.Dataset) -> float | None:
    """The time of the image: the end of KNMI's product, the nominal time of ODIM's."""
    try:
        if knmi := _texts(file.get("overview"), "product_datetime_end"):
            return _parse_knmi(knmi[0])
        for place, names in ((file.get("what"), ("date", "time")), (_what(dataset), ("startdate", "starttime"))):
            if odim := _texts(place, *names):
                return datetime.strptime("".join(odim), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return None


def _what(dataset: h5py.Dataset) -> Any:
    """The group ``what`` of ODIM's dataset, two groups above the values."""
    return dataset.parent.parent.get("what")


def _set_instant(file: h5py.File, dataset: h5py.Dataset, when: datetime) -> None:
    """Set the times of the image; where a start and an end are said, their distance stays."""
    before = _instant(file, dataset)
    if before is None:
        return
    shift = when.timestamp() - before
    overview = file.get("overview")
    for name in ("product_datetime_end", "product_datetime_start"):
        if texts := _texts(overview, name):
            moved = datetime.fromtimestamp(_parse_knmi(texts[0]) + shift, UTC)
            overview.attrs.modify(name, _like(overview.attrs[name], _knmi(moved)))
    names = (("date", "time"), ("startdate", "starttime"), ("enddate", "endtime"))
    for place in (file.get("what"), _what(dataset)):
        for date, time in names:
            texts = _texts(place, date, time)
            if texts:
                old = datetime.strptime("".join(texts), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
                new = datetime.fromtimestamp(old + shift, UTC)
                place.attrs.modify(date, _like(place.attrs[date], f"{new:%Y%m%d}"))
                place.attrs.modify(time, _like(place.attrs[time], f"{new:%H%M%S}"))


def _parse_knmi(text: str) -> float:
    """Seconds since 1970 of a date as in 26-AUG-2010;00:05:00.000. ValueError where it is none."""
    match = _KNMI.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    day, month, year, hour, minute, second = match.groups()[:6]
    date = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    return date.timestamp()


def _knmi(when: datetime) -> str:
    return f"{when.day:02d}-{_MONTHS[when.month - 1]}-{when:%Y;%H:%M:%S}.000"


def _like(before: Any, text: str) -> Any:
    """Text in the type and shape of an attribute before."""
    if isinstance(before, str):
        return text
    return np.full(np.shape(before), text.encode(), f"S{len(text) + 1}")
