"""Cases for pretraining from videos: real noise, compression and occlusion, which `synthetic` only imitates.

Any folder of videos will do whose licences allow it. A case is a function of its number, the seed and the folder alone.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from synthetic import GAPS, SIDE, SLOTS, inputs_of, missing
from torch.utils.data import Dataset

from openstl_seqinterp.apps.io import open_source
from openstl_seqinterp.errors import UserError
from openstl_seqinterp.motion.cuts import Scenes

_LONGEST = 480  # images of a video that are used
_WIDEST = 720  # pixels: larger ones are halved, until they are as narrow
_STILL = 0.3  # grey levels: less change is none
_SMALL_STEPS = {"one": 4, "second": 3, "three": 2, "end": 3}  # images of the video between two of a case, at most


@cache
def _shots(path: Path) -> tuple[np.ndarray, ...]:
    """The grey images uint8 (T, H, W) of a video, divided at its cuts."""
    source = open_source(path)
    grey = []
    present = [position for position in range(source.length) if source.number(position) is not None]
    for position in present[:_LONGEST]:
        image = source.read(0, position)[..., :3].mean(axis=-1, dtype=np.float32)
        while image.shape[1] > _WIDEST:
            image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        grey.append(np.rint(image).astype(np.uint8))
    scenes = Scenes(lambda position: grey[position][..., None] / np.float32(255), np.arange(len(grey), dtype=float))
    cuts = [after for _, after in scenes.cuts(range(len(grey)), 0, len(grey))]
    parts = pairwise([0, *cuts, len(grey)])
    return tuple(np.stack(grey[start:end]) for start, end in parts if end - start >= SLOTS)


class Footage(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Cases as of `Synthetic`, from the videos of a folder: pieces of ``SIDE`` pixels, at random scales and speeds."""

    mean, std, data_name = 0, 1, "footage"

    def __init__(self, folder: Path, length: int, seed: int) -> None:
        self.length, self.seed = length, seed
        self.shots = [shot for path in sorted(folder.iterdir()) if path.is_file() for shot in _shots(path)]
        if not self.shots:
            raise UserError(f"{folder} holds no video of at least {SLOTS} images; name a folder that does")
        share = np.sqrt([len(shot) for shot in self.shots])  # long ones show much the same
        self.share = share / share.sum()

    def __len__(self) -> int:
        return self.length

    def kind(self, number: int) -> str:
        """Of what is missing in a case, one of `GAPS`."""
        return str(np.random.default_rng([self.seed, number, 1]).choice([*GAPS], p=[*GAPS.values()]))

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng, kind = np.random.default_rng([self.seed, number]), self.kind(number)
        target, observed = missing(rng, kind)
        for _ in range(20):
            frames = self._piece(rng, kind)
            if np.abs(np.diff(frames.astype(np.float32), axis=0)).mean() > _STILL:
                break
        return inputs_of(frames, target, observed)

    def _piece(self, rng: np.random.Generator, kind: str) -> np.ndarray:
        """uint8 (SLOTS, SIDE, SIDE)."""
        shot = self.shots[rng.choice(len(self.shots), p=self.share)]
        step = int(rng.integers(1, 1 + min(_SMALL_STEPS[kind], len(shot) // SLOTS)))
        start = int(rng.integers(0, len(shot) - step * (SLOTS - 1)))
        images = shot[start : start + step * (SLOTS - 1) + 1 : step]
        least = SIDE / min(images.shape[1:])
        scale = 1.0 if rng.random() < 0.5 else rng.uniform(0.4, 1.0)
        side = min(round(SIDE / max(scale, least)), *images.shape[1:])
        top, left = (int(rng.integers(0, free - side + 1)) for free in images.shape[1:])
        piece = images[:, top : top + side, left : left + side]
        if side != SIDE:
            how = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
            piece = np.stack([cv2.resize(image, (SIDE, SIDE), interpolation=how) for image in piece])
        for axis in range(3):  # time runs backwards as well
            if rng.random() < 0.5:
                piece = np.flip(piece, axis)
        return 255 - piece if rng.random() < 0.3 else piece
