"""Predictors that need no training: what a method must beat.

Each maps the frames of one sequence (T, C, H, W) in [0, 1], the mask of those known (T,) and the position to
predict, which may lie between two, to one image (C, H, W). They look at no frame that is not known, and at no other
sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from ..errors import UserError

Frames = np.ndarray | Mapping[int, np.ndarray]  # an array, or the images by position
Baseline = Callable[[Frames, np.ndarray, float], np.ndarray]
_ENOUGH = 144  # pixels: DIS looks for 8x8 patches, so smaller images are enlarged, for it to find sub-pixel motion


def sources(observed: np.ndarray, target: float) -> list[int]:
    """The positions that a baseline may look at, nearest first; the later one of two that are as near.

    The nearest known one on each side of ``target``; where one side has none, the two nearest on the other.
    Raises UserError where nothing is known beside the target.
    """
    known = np.flatnonzero(observed)
    before, after = known[known < target], known[known > target]
    if not len(before) and not len(after):
        raise UserError(f"no image is known beside image {target + 1:g}, so there is nothing to predict it from")
    chosen = [*before[-1:], *after[:1]] if len(before) and len(after) else [*before[-2:], *after[:2]]
    return sorted((int(position) for position in chosen), key=lambda position: (abs(position - target), -position))


def copy_nearest(frames: Frames, observed: np.ndarray, target: float) -> np.ndarray:
    """The nearest known image; the later one of two that are as near."""
    return frames[sources(observed, target)[0]]


def neighbour_mean(frames: Frames, observed: np.ndarray, target: float) -> np.ndarray:
    """The mean of the nearest known images on both sides, weighted by nearness in time; a copy if one side has none."""
    near, *others = sources(observed, target)
    if not others or (share := _share(near, others[0], target)) < 0:
        return frames[near]
    return (1 - share) * frames[near] + share * frames[others[0]]


def _share(near: int, far: int, target: float) -> float:
    """How much of the way from ``near`` to ``far`` the target lies; below 0 where both are on the same side of it."""
    return (target - near) / (far - near)


def _flow(source: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """Dense inverse search flow (H, W, 2) in pixels: source(x) is destination(x + flow(x))."""
    height, width = source.shape[1:]
    scale = max(1, round(_ENOUGH / min(height, width)))

    def byte(image: np.ndarray) -> np.ndarray:
        grey = image.mean(axis=0)
        large = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        return np.rint(np.clip(large, 0, 1) * 255).astype(np.uint8)

    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = search.calc(byte(source), byte(destination), None)
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) / scale


def _sample(image: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """``image`` (C, H, W) read at x + displacement(x), bilinear, zero outside."""
    height, width = image.shape[1:]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at = (x + displacement[..., 0].astype(np.float32), y + displacement[..., 1].astype(np.float32))
    return np.stack([cv2.remap(channel, *at, cv2.INTER_LINEAR) for channel in image])


def dis_flow(frames: Frames, observed: np.ndarray, target: float) -> np.ndarray:
    """Dense inverse search optical flow (Kroeger et al., ECCV 2016; OpenCV's), motion taken as constant in time.

    With known images on both sides each is moved along its flow to the target's time, and both are blended.
    With one side alone the flow between the two nearest is continued. A copy where only one image is known.
    """
    near, *others = sources(observed, target)
    if not others:
        return frames[near]
    far = others[0]
    share = _share(near, far, target)
    moved = _sample(frames[near], -share * _flow(frames[near], frames[far]))
    if share < 0:
        return moved
    return (1 - share) * moved + share * _sample(frames[far], -(1 - share) * _flow(frames[far], frames[near]))


BASELINES: dict[str, Baseline] = {"copy": copy_nearest, "mean": neighbour_mean, "dis-flow": dis_flow}
