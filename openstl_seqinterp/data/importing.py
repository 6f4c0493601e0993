"""Own images and videos as a data set of the plugin's format: windows of equal length with some images withheld."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from .. import __version__
from ..errors import UserError
from ..files import writable_folder, write_json
from .forms import Source, open_source
from .sequences import TEST, TRAIN, VALIDATION, save

_SHARE = 0.15  # of the sources, or of the time of a source, for validation, and as much for tests
_MULTIPLE = 4  # of the sides of images: the networks halve them twice
_MOST = 2**31  # bytes of a data set, which is held in memory
_RESERVED = ("seqinterp", "seqinterp_infill", "n6", "n3")


@dataclass(frozen=True)
class Stretch:
    """Consecutive images ``start`` to ``stop`` of a sequence of a source, and the ``part`` of the data they are."""

    source: Source
    sequence: int
    start: int
    stop: int
    part: int

    def windows(self, length: int, stride: int) -> Iterator[range]:
        """Positions of the windows that hold no gap."""
        for start in range(self.start, self.stop - length + 1, stride):
            window = range(start, start + length)
            if not set(window) & set(self.source.absent):
                yield window


def divide(sources: Sequence[Source], seed: int) -> list[Stretch]:
    """Every sequence to one part of the data, drawn at random; where there are fewer than three, each is cut in time.

    So no image is in two parts.
    """
    units = [(source, number) for source in sources for number in range(source.sequences)]
    if len(units) < 3:
        stretches = []
        for source, number in units:
            cuts = [0, *(round(source.length * share) for share in (1 - 2 * _SHARE, 1 - _SHARE)), source.length]
            stretches += [Stretch(source, number, cuts[p], cuts[p + 1], p) for p in (TRAIN, VALIDATION, TEST)]
        return stretches
    few = max(1, round(_SHARE * len(units)))
    parts = np.full(len(units), TRAIN)
    order = np.random.default_rng(seed).permutation(len(units))
    parts[order[:few]], parts[order[few : 2 * few]] = VALIDATION, TEST
    return [Stretch(*unit, 0, unit[0].length, int(part)) for unit, part in zip(units, parts, strict=True)]


def import_sequences(
    inputs: Sequence[Path],
    out: Path,
    *,
    length: int,
    stride: int,
    size: tuple[int, int] | None,
    withhold: Sequence[int],
    csv_shape: tuple[int, int, int] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Write ``out/NAME-train.npz`` and ``out/NAME-test.npz``, where NAME is that of the folder ``out``.

    Windows of ``length`` images begin every ``stride`` images; ``withhold`` are positions in them, counted from 1, that
    only the test file has. Images become 8 bits deep, of ``size`` (H, W) if given, padded by reflection to multiples
    of 4. Returns what ``import.json`` says. Raises UserError, with nothing written, for anything that cannot work.
    """
    name = out.name
    if not re.fullmatch(r"[A-Za-z0-9_]+", name) or name in _RESERVED:
        raise UserError(
            f"--out {out}: {name!r} cannot name a data set; use letters, digits and _, and none of {_RESERVED}"
        )
    if length < 3 or stride < 1 or (size is not None and min(size) < 8):
        raise UserError("expected a --length of at least 3, a --stride of at least 1, sides of at least 8 pixels")
    if not withhold or not all(1 <= place <= length for place in withhold) or len({*withhold}) != len(withhold):
        raise UserError(f"--withhold {' '.join(map(str, withhold))}: expected images of 1 to {length}, each once")
    sources = [open_source(path, csv_shape) for path in inputs]
    channels = {1 if source.shape[2] == 1 else 3 for source in sources}
    if len(channels) > 1:
        raise UserError("some inputs are grey and some have colours; a data set has one kind")
    if size is None and len({source.shape[:2] for source in sources}) > 1:
        raise UserError("inputs have images of several sizes; give one for all with --size H W")
    height, width = size or sources[0].shape[:2]
    cases = [(stretch, window) for stretch in divide(sources, seed) for window in stretch.windows(length, stride)]
    counts = {part: sum(stretch.part == part for stretch, _ in cases) for part in (TRAIN, VALIDATION, TEST)}
    if not all(counts.values()):
        raise UserError(
            f"{len(inputs)} inputs give {counts[TRAIN]} sequences of {length} images for training, "
            f"{counts[VALIDATION]} for validation and {counts[TEST]} for tests, expected at least one of each; give "
            "more images, or a smaller --length or --stride"
        )
    pad = [(0, -side % _MULTIPLE) for side in (height, width)]
    shape = (len(cases), length, channels.pop(), height + pad[0][1], width + pad[1][1])
    if np.prod(shape) > _MOST:
        raise UserError(
            f"{shape} (N, T, C, H, W) is more than {_MOST >> 30} GiB; use a smaller --size or a larger --stride"
        )
    frames = np.empty(shape, np.uint8)
    for number, (stretch, window) in enumerate(track(cases, "importing")):
        for place, position in enumerate(window):
            image = _eight_bits(stretch.source, stretch.source.read(stretch.sequence, position))
            if size is not None:
                image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)
            frames[number, place] = np.pad(image, [*pad, (0, 0)], mode="symmetric").transpose(2, 0, 1)
    index = np.array(sorted(place - 1 for place in withhold))
    observed = ~np.isin(np.arange(length), index)
    about = {
        "inputs": [str(path) for path in inputs],
        "sequences": {"training": counts[TRAIN], "validation": counts[VALIDATION], "tests": counts[TEST]},
        "divided": "in time" if any(stretch.start for stretch, _ in cases) else "by sequence",
        "shape": dict(zip(("T", "C", "H", "W"), shape[1:], strict=True)),
        "padded": {"H": pad[0][1], "W": pad[1][1]},
        "stride": stride,
        "withheld": sorted(withhold),
        "seed": seed,
        "openstl_seqinterp": __version__,
    }
    writable_folder(out)
    save(out / f"{name}-test.npz", {"frames": frames[:, index], "index": index})
    frames[:, index] = 0
    part = np.array([stretch.part for stretch, _ in cases], np.uint8)
    save(out / f"{name}-train.npz", {"frames": frames, "observed": observed, "part": part})
    write_json(out / "import.json", about)
    return about


def _eight_bits(source: Source, image: np.ndarray) -> np.ndarray:
    """An image uint8 (H, W, 1) or RGB (H, W, 3); floating point is taken to be in [0, 1]."""
    if image.shape[2] not in (1, 3, 4):
        raise UserError(f"{source.path} has images of {image.shape[2]} channels, expected 1, 3 or 4")
    image = image[..., :3][..., ::-1] if source.colour_order == "bgr" and image.shape[2] > 1 else image[..., :3]
    if image.dtype == np.uint8:
        return np.ascontiguousarray(image)
    unit = image / (65535 if image.dtype == np.uint16 else 1)
    if not np.isfinite(unit).all() or unit.min() < 0 or unit.max() > 1:
        raise UserError(f"{source.path}: floating-point images must be in [0, 1]")
    return np.rint(unit * 255).astype(np.uint8)
