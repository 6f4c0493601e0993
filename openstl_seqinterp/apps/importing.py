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

from .._version import __version__
from ..data.sequences import TEST, TRAIN, VALIDATION, save
from ..data.simulate import DIGITS
from ..errors import Parser, UserError
from ..files import writable_folder, write_json
from ..protocols import PROTOCOLS
from .io import Source, open_source

_SHARE = 0.15  # of the sources, or of the time of a source, for validation, and as much for tests
_MULTIPLE = 4  # of the sides of images: the networks halve them twice
_MOST = 2**31  # bytes of a data set, which is held in memory
_RESERVED = (*PROTOCOLS, *DIGITS)


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


def command(argv: Sequence[str]) -> None:
    """Turn own images or videos into a data set."""
    parser = Parser(
        prog="seqinterp import", description="Cut own images or videos into sequences, to train on with -d NAME."
    )
    parser.add_argument("inputs", nargs="+", type=Path, help="folders of images, videos, .npy, .npz or .csv")
    parser.add_argument("--out", required=True, type=Path, metavar="DATA_ROOT/NAME", help="folder of the data set")
    parser.add_argument("--length", type=int, default=16, help="images of a sequence (default: 16)")
    parser.add_argument("--stride", type=int, default=4, help="images from one sequence to the next (default: 4)")
    parser.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="resize images (default: as they are)")
    parser.add_argument("--withhold", type=int, nargs="+", default=[4, 16], help="images to fill (default: 4 16)")
    parser.add_argument("--csv_shape", type=int, nargs=3, metavar=("T", "H", "W"), help="of a sequence in a csv")
    parser.add_argument("--seed", type=int, default=0, help="of the division into training, validation and tests")
    parser.add_argument("--overwrite", action="store_true", help="replace a data set of the same name")
    args = parser.parse_args(argv)
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected at least 0")
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())) and not args.overwrite:
        raise UserError(f"--out {args.out} already holds files; name another folder, or add --overwrite")

    about = import_sequences(
        args.inputs,
        args.out,
        length=args.length,
        stride=args.stride,
        size=args.size and tuple(args.size),
        withhold=args.withhold,
        csv_shape=args.csv_shape and tuple(args.csv_shape),
        seed=args.seed,
    )
    counts = ", ".join(f"{count} for {part}" for part, count in about["sequences"].items())
    print(f"wrote {args.out}: sequences divided {about['divided']}, {counts}")
    print(f"train on it with: -d {args.out.name} --data_root {args.out.parent}")
