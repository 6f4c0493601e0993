"""What the values of pictures with a palette are: greys, names of classes, places on a scale, or colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .frames import Info

_FEW = 64  # colours of a map of classes, at most
_FLAT = 0.8  # the part of the pixels of a map of classes, at least, that are like their right neighbour
_SMOOTH, _STEEPEST = 16, 64  # how far neighbours on a scale of colours may be apart: on average, at most
_LONG = 32  # colours of a scale, at least


@dataclass(frozen=True)
class Palette:
    """``use`` says what values become of places in the palette: "grey" values, "places" as they are, or "colour".

    ``labels`` says that they are names, which cannot be blended.
    """

    use: Literal["grey", "places", "colour"]
    labels: bool
    alpha: bool
    notes: tuple[str, ...]

    def values(self, frame: np.ndarray, info: Info) -> np.ndarray:
        """A new array (N, H, W, C) of values of the places uint8 (N, H, W, 1) that a file holds."""
        if self.use == "places" or (self.use == "grey" and "palette" not in info):
            return frame
        colours = (
            table(info["palette"]) if "palette" in info else np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
        )
        if self.use == "grey":
            return colours[frame[..., 0], :1]
        seen = colours[frame[..., 0]]
        if not self.alpha:
            return seen
        return np.concatenate([seen, opacity(info.get("transparency"))[frame]], axis=-1)


def table(palette: bytes) -> np.ndarray:
    """Uint8 (256, 3) of the colours of a palette."""
    return np.frombuffer(palette.ljust(768, b"\0")[:768], np.uint8).reshape(256, 3)


def is_grey(palette: bytes) -> bool:
    """Whether a palette has no colour."""
    colours = table(palette)
    return bool((colours == colours[:, :1]).all())


def opacity(transparency: int | bytes | None) -> np.ndarray:
    """Uint8 (256,): how opaque each place of a palette is, as Pillow's info says."""
    opaque = np.full(256, 255, np.uint8)
    if isinstance(transparency, bytes):
        opaque[: len(transparency)] = np.frombuffer(transparency[:256], np.uint8)
    elif transparency is not None:
        opaque[transparency] = 0
    return opaque


def palette_of(palettes: Sequence[bytes], frame: np.ndarray, info: Info, labels: bool | None) -> Palette:
    """The use of the palettes of a folder, of whose first file ``frame`` (N, H, W, 1) are the places.

    ``labels`` is what the user says of them (`Options`).
    """
    alpha = info.get("transparency") is not None
    if all(map(is_grey, palettes)) and not alpha and not labels:
        return Palette("grey", False, False, ())
    used = np.unique(frame)
    one = len(palettes) == 1
    if one and not labels and _is_scale(table(palettes[0])[used].astype(int), used):
        note = "the palette is a scale of colours: its places are taken for values, which --labels would take for names"
        return Palette("places", False, alpha, (note,))
    flat = (frame[:, :, 1:] == frame[:, :, :-1]).mean() if frame.shape[2] > 1 else 1.0
    named = labels if labels is not None else bool(len(used) <= _FEW or flat >= _FLAT)
    if named and one:
        return Palette(
            "places", True, alpha, ("the places of the palette are taken for labels, which are not blended",)
        )
    if named:
        return Palette(
            "colour", True, alpha, ("the palettes differ: colours are taken for labels, which are not blended",)
        )
    return Palette("colour", False, alpha, ("filled files have the nearest colours of their neighbours' palettes",))


def _is_scale(colours: np.ndarray, used: np.ndarray) -> bool:
    if len(used) < _LONG:
        return False
    steps = np.abs(np.diff(colours, axis=0)).max(axis=1) / np.diff(used.astype(int))
    return bool(steps.mean() <= _SMOOTH and steps.max() <= _STEEPEST)
