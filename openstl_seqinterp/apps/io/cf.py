"""Times as the CF conventions write them: numbers of a unit since a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np

from .timeline import Clock, parse_instants

_SECONDS = {
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
}
_SINCE = re.compile(
    r"(\w+) since (\d+)-(\d+)-(\d+)(?:[T ]+(\d+)(?::(\d+)(?::(\d+)(?:\.(\d+))?)?)?)?\s*(?:Z|UTC|([+-]\d+):?(\d\d)?)?"
)


def _scale(attributes: Mapping[str, Any]) -> tuple[float, float] | None:
    """The seconds of a unit, and those from 1970 to where it counts from; NaN where it counts from nothing."""
    units = _text(attributes.get("units", ""))
    if units.lower() in _SECONDS:
        return _SECONDS[units.lower()], float("nan")
    match = _SINCE.fullmatch(" ".join(units.split()))
    if match is None or match[1].lower() not in _SECONDS:
        return None
    if _text(attributes.get("calendar", "standard")) not in ("standard", "gregorian", "proleptic_gregorian"):
        return None  # a year of 360 days has no place among ours
    numbers = [int(part or 0) for part in match.groups()[1:7]]
    zone = timezone(timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0)))
    try:
        start = datetime(*numbers, tzinfo=zone)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return _SECONDS[match[1].lower()], start.timestamp() + float(f"0.{match[8] or 0}")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def decode_times(values: np.ndarray, attributes: Mapping[str, Any]) -> tuple[np.ndarray, Clock] | None:
    """The instants of a stored coordinate (T,) with its attributes ``units`` and ``calendar``.

    Dates (numbers since one, datetime64, ISO 8601 texts) and seconds are told apart; other numbers count themselves.
    None for what are no times.
    """
    values = np.asarray(values)
    if values.dtype.kind == "M":
        return values.astype("datetime64[ns]").astype(np.int64) / 1e9, "date"
    if values.dtype.kind in "OSUT":
        try:
            return parse_instants([_text(value) for value in values.tolist()])
        except ValueError:
            return None
    if values.dtype.kind not in "iuf":
        return None
    numbers, scale = values.astype(np.float64), _scale(attributes)
    if scale is None:
        return numbers, "number"
    unit, start = scale
    return (numbers * unit, "seconds") if np.isnan(start) else (numbers * unit + start, "date")


def encode_times(instants: np.ndarray, dtype: np.dtype, attributes: Mapping[str, Any]) -> np.ndarray:
    """The inverse of `decode_times`: instants (T,) as values of ``dtype``, or of float64 where that can't hold them."""
    if dtype.kind == "M":
        return np.round(instants * 1e9).astype("int64").astype("datetime64[ns]").astype(dtype)
    if dtype.kind in "OSUT":
        texts = [datetime.fromtimestamp(round(instant, 3), UTC).isoformat() for instant in instants.tolist()]
        return np.array(texts, "S" if dtype.kind == "S" else None)
    unit, start = _scale(attributes) or (1.0, float("nan"))
    numbers = (instants - (0.0 if np.isnan(start) else start)) / unit
    if dtype.kind in "iu":
        whole = np.rint(numbers)
        return whole.astype(dtype) if np.abs(numbers - whole).max() < 1e-6 else numbers
    return numbers.astype(dtype)


def stored_times(instants: np.ndarray, clock: Clock) -> tuple[np.ndarray, dict[str, str]]:
    """Instants (T,) as values and attributes of a new coordinate."""
    if clock == "date":
        return instants, {"units": "seconds since 1970-01-01 00:00:00", "calendar": "standard"}
    return instants, {"units": "s"} if clock == "seconds" else {}
