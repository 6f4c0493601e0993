"""Pictures: a filled sequence (the paper's Figure 1) and single cases (4-8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from ..files import atomic

KINDS = ("best", "worst")  # cases to draw, by SSIM
_SCALE, _COLOURS = Normalize(0, 200, clip=True), colormaps["viridis"]  # the paper's, on the scale 0-255


class Tile(NamedTuple):
    """An image (C, H, W) in [0, 1] with a label above it and a frame."""

    image: np.ndarray
    label: str
    colour: str = "black"


def _picture(image: np.ndarray) -> np.ndarray:
    """Colours (H, W, 3) in [0, 1] of an image (C, H, W) in [0, 1]: its three channels, or viridis."""
    if len(image) == 3:
        return np.clip(image.transpose(1, 2, 0), 0, 1)
    return _COLOURS(_SCALE(image.mean(axis=0) * 255))[..., :3]


def save(figure: Figure, path: Path) -> None:
    """Write a figure atomically."""
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=110)


def mosaic(
    path: Path, rows: Sequence[tuple[str, Sequence[Tile | None]]], *, title: str = "", bar: bool = False
) -> None:
    """Rows of equally large tiles, each row with its name on the left.

    All share one axes: matplotlib takes a second to lay out dozens.
    """
    tall, wide = next(tile for _, tiles in rows for tile in tiles if tile is not None).image.shape[1:]
    side = tall / wide  # a tile is one inch wide
    columns, margin = max(len(tiles) for _, tiles in rows), 0.075 * max(len(name) for name, _ in rows)
    width, height = margin + 1.1 * columns + 0.1 + 0.9 * bar, (side + 0.3) * len(rows) + 0.1 + 0.3 * bool(title)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    for row, (name, tiles) in enumerate(rows):
        top = height - (side + 0.3) * (len(rows) - row) + 0.15
        axes.text(margin, top + side / 2, name, ha="right", va="center", fontsize=8)
        for column, tile in enumerate(tiles):
            if tile is not None:
                left = margin + 0.1 + 1.1 * column
                axes.imshow(_picture(tile.image), extent=(left, left + 1, top + side, top))
                line = 0.5 if tile.colour == "black" else 2
                axes.add_patch(Rectangle((left, top), 1, side, fill=False, edgecolor=tile.colour, linewidth=line))
                axes.text(left + 0.5, top - 0.04, tile.label, ha="center", fontsize=8, color=tile.colour)
    axes.text(width / 2, 0.25, title, ha="center", fontsize=10)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    if bar:
        beside = figure.add_axes((1 - 0.75 / width, 0.15, 0.15 / width, 0.6))
        figure.colorbar(ScalarMappable(_SCALE, _COLOURS), cax=beside, label="intensity (0-255)")
    save(figure, path)


def sequence_figure(
    path: Path, frames: np.ndarray, filled: Mapping[int, np.ndarray], below: Mapping[int, Tile], first: int = 1
) -> None:
    """A whole sequence (T, C, H, W) in [0, 1] with its predicted missing images, and tiles ``below`` some, if any.

    ``first`` is the number of the first image.
    """
    columns = (len(frames) + 1) // 2
    rows: list[tuple[str, list[Tile | None]]] = []
    for half in (range(columns), range(columns, len(frames))):
        rows.append(("", [
            Tile(filled[p], f"{p + first}: filled", "tab:red") if p in filled else Tile(frames[p], str(p + first))
            for p in half
        ]))  # fmt: skip
        if below:
            rows.append(("", [below.get(p) for p in half]))
    mosaic(path, rows)


def case_figure(
    path: Path, title: str, inputs: np.ndarray, positions: tuple[int, ...], true: np.ndarray, predicted: np.ndarray
) -> None:
    """One case: the inputs (T, C, H, W) above; the true image (C, H, W), the prediction and the difference below."""
    above = [Tile(image, f"input {position + 1}") for image, position in zip(inputs, positions, strict=True)]
    below = [Tile(true, "true"), Tile(predicted, "predicted"), Tile(np.abs(true - predicted), "difference")]
    mosaic(path, [("", above), ("", below)], title=title, bar=True)


def sequence_animation(path: Path, frames: np.ndarray, filled: Mapping[int, np.ndarray], scale: int = 5) -> None:
    """A sequence (T, C, H, W) in [0, 1] as an animated GIF, 2 images per second, predictions framed in red."""
    pictures = []
    for position, frame in enumerate(frames):
        image = filled.get(position, frame)
        large = np.kron(np.rint(_picture(image) * 255).astype(np.uint8), np.ones((scale, scale, 1), np.uint8))
        colour = (214, 39, 40) if position in filled else (255, 255, 255)
        picture = Image.new("RGB", (large.shape[1] + 2 * scale, large.shape[0] + 2 * scale), colour)
        picture.paste(Image.fromarray(large), (scale, scale))
        pictures.append(picture)
    with atomic(path) as temporary:
        pictures[0].save(temporary, save_all=True, append_images=pictures[1:], duration=500, loop=0)
