"""What all readers have in common: what a sequence is, a small cache of its frames, and checks of what is decoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import numpy as np

from ...data.scale import Scale
from ...errors import UserError
from .timeline import Clock, Timeline, arrange, read_times

DTYPES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64")
_CACHED_FRAMES = 8
_CACHED_BYTES = 2**28  # of large frames the cache holds fewer
_SAMPLED = 16  # frames that the range of values is taken from
_ENOUGH = 2**15  # pixels of a frame that its tails are taken from
_TAILS = (0.1, 99.9)  # percentiles: a dead pixel must not decide what is bright


@dataclass(frozen=True)
class Options:
    """What a user says of an input that it does not say itself: the flags of the same names, None where not given.

    ``axes`` of an array, a letter a dimension: T time, Y, X, C channels, and N, Z or any other for sequences of their
    own. ``variable`` is an array among several, ``pattern`` the part of file names that counts, ``times`` a table of
    instants, ``csv_shape`` (T, H, W) of a sequence in a csv file, ``fill_value`` the value of pixels without one,
    ``labels`` that values are names of classes, which cannot be blended.
    """

    axes: str | None = None
    variable: str | None = None
    pattern: str | None = None
    times: Path | None = None
    csv_shape: tuple[int, int, int] | None = None
    fill_value: float | None = None
    labels: bool | None = None

    def given(self) -> list[str]:
        """The names of those that are given."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]


def describe(frame: np.ndarray) -> str:
    """The kind of a frame (H, W, C) in words, for messages."""
    height, width, channels = frame.shape
    return f"{width}x{height}, {channels} channel(s), {frame.dtype}"


def spread(total: int) -> list[int]:
    """At most 16 of the numbers below ``total``, evenly spread: the frames that a range of values is taken from."""
    return np.unique(np.linspace(0, total - 1, _SAMPLED).astype(int)).tolist() if total else []


class Levels(NamedTuple):
    """The least and the most value of a frame, and robustly (0.1 and 99.9 percentiles) the low and the high one."""

    least: float
    low: float
    high: float
    most: float

    @classmethod
    def of(cls, frame: np.ndarray, holes: np.ndarray | None) -> Self | None:
        """Of a frame (H, W, C), but for its ``holes`` (H, W); None where nothing is left."""
        values = frame[~holes] if holes is not None else frame.reshape(-1, frame.shape[-1])
        if not values.size:
            return None
        some = values[:: 1 + len(values) // _ENOUGH].astype(np.float64)
        low, high = np.percentile(some, _TAILS, method="nearest")
        return cls(float(values.min()), float(low), float(high), float(values.max()))


class Source(ABC):
    """``sequences`` sequences of ``length`` positions each; frames (H, W, C) are all of ``shape`` and ``dtype``.

    Colours are in the order RGB or RGBA. ``form`` is a key of `writers.WRITERS`: what gives it back as it came;
    ``kind`` says in words what was opened. ``axes`` are those of the stored array, as in `Options`. ``timeline`` says
    when the positions are; ``absent`` are those that have no frame. ``fill_value`` is that of pixels without a value.
    ``labels`` says that values are names. ``notes`` are sentences that the user should see; ``likely_fill_value`` is a
    value that looks as if it meant that there is none, which one of them says.
    ``reads`` are the names of the `Options` that a reader takes, on top of ``times``, ``fill_value`` and ``labels``.

    A reader's ``__init__(path, options)`` sets ``count``, ``shape``, ``dtype`` and what else it knows; where it knows
    when its frames are it calls `arrange_frames`.
    """

    reads: ClassVar[frozenset[str]] = frozenset()
    form: str
    kind: str
    axes: str = "TYX"
    sequences: int = 1
    count: int  # stored frames of a sequence, numbered from 0 in the order of time
    shape: tuple[int, int, int]
    dtype: np.dtype
    fill_value: float | None = None
    likely_fill_value: float | None = None
    labels: bool = False

    def __init__(self, path: Path, options: Options) -> None:
        self.path, self.options = path, options
        self.notes: list[str] = []
        self._cache: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()
        self._timeline: Timeline | None = None
        self._number: dict[int, int] = {}

    def arrange_frames(self, instants: Sequence[float] | np.ndarray, clock: Clock, *, gaps: bool = True) -> None:
        """Say when the stored frames are: (count,), strictly rising. UserError as `timeline.arrange`."""
        self._timeline, index = arrange(instants, clock, str(self.path), gaps=gaps)
        self._number = {int(position): number for number, position in enumerate(index)}

    @property
    def timeline(self) -> Timeline:
        """When the positions are; their order alone where nothing says more."""
        return Timeline.counted(self.count) if self._timeline is None else self._timeline

    @property
    def length(self) -> int:
        """How many positions a sequence has, those without a frame included."""
        return len(self.timeline.instants)

    @property
    def absent(self) -> tuple[int, ...]:
        """The positions that have no frame."""
        return tuple(position for position in range(self.length) if self.number(position) is None)

    @property
    def present(self) -> list[int]:
        """The positions that have a frame."""
        return [position for position in range(self.length) if self.number(position) is not None]

    def number(self, position: int) -> int | None:
        """Which of the stored frames is at ``position``; None where none is."""
        if self._timeline is None:  # nothing says more than their order
            return position if 0 <= position < self.count else None
        return self._number.get(position)

    def read(self, sequence: int, position: int) -> np.ndarray:
        """One frame (H, W, C), read-only; cheapest in rising order with small steps back.

        UserError where the file or frame is damaged or of another kind; IndexError where there is none.
        """
        number = self.number(position)
        if number is None or not 0 <= sequence < self.sequences:
            raise IndexError(f"{self.path} has no frame at sequence {sequence}, position {position}")
        key = (sequence, number)
        if key not in self._cache:
            self._keep(key, self._decode(*key))
        self._cache.move_to_end(key)
        return self._cache[key]

    @abstractmethod
    def _decode(self, sequence: int, number: int) -> np.ndarray:
        """A new array: a stored frame (H, W, C). UserError where it is damaged."""

    def _keep(self, key: tuple[int, int], frame: np.ndarray) -> None:
        if frame.shape != self.shape or frame.dtype != self.dtype:
            expected = describe(np.empty(self.shape, self.dtype))
            raise UserError(f"{self.path}: frame {key[1] + 1} is {describe(frame)}, the first is {expected}")
        frame.flags.writeable = False  # the cache hands out the same array many times
        self._cache[key] = frame
        while len(self._cache) > max(1, min(_CACHED_FRAMES, _CACHED_BYTES // max(1, frame.nbytes))):
            self._cache.popitem(last=False)

    def apply_options(self) -> None:
        """Let what the user says of times, missing values and labels overrule what the file says. UserError."""
        if self.options.times is not None:
            self.arrange_frames(*read_times(self.options.times, self.count))
        if self.options.fill_value is not None:
            self.fill_value = self.options.fill_value
        if self.options.labels is not None:
            self.labels = self.options.labels

    def holes(self, frame: np.ndarray) -> np.ndarray | None:
        """Bool (H, W): the pixels of a frame that have no value (NaN, or the fill value); None where all have one."""
        empty = Scale(fill_value=self.fill_value).empty(frame, axis=-1)
        return empty[..., 0] if empty.any() else None

    @cached_property
    def levels(self) -> dict[tuple[int, int], Levels]:
        """The levels of at most 16 frames that have values, by sequence and position, spread over both."""
        present = self.present
        total, found = self.sequences * len(present), {}
        for place in spread(total):
            sequence, number = divmod(place, len(present))
            frame = self.read(sequence, present[number])
            levels = Levels.of(frame, self.holes(frame))
            if levels is not None:
                found[sequence, present[number]] = levels
        return found

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The lowest and the highest value of these `levels`; None where no frame has a value."""
        levels = self.levels.values()
        return (min(each.least for each in levels), max(each.most for each in levels)) if levels else None

    def describe(self) -> str:
        """What was understood, in one line."""
        height, width, channels = self.shape
        colours = {1: "grey", 3: "RGB", 4: "RGBA"}.get(channels, f"{channels} channels")
        values = self.value_range
        span = f"{self.dtype} {values[0]:.6g} to {values[1]:.6g}" if values else f"{self.dtype}, no values"
        several = f"{self.sequences} sequences of " if self.sequences > 1 else ""
        lacking = f", {self.fill_value:g} is no value" if self.fill_value is not None else ""
        return (
            f"{self.path}: {self.kind}, {several}{self.timeline.describe(self.absent)}; {width}x{height} {colours}"
            f"{' labels' if self.labels else ''}, {span}{lacking} (axes {self.axes})"
        )
