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


def _neighbours(observed: np.ndarray, target: float) -> tuple[list[int], list[int]]:
    """The known positions before and after ``target``, nearest first."""
    known = [int(position) for position in np.flatnonzero(observed) if position != target]
    if not known:
        raise UserError(f"no image is known beside image {target + 1:g}, so there is nothing to predict it from")
    return [position for position in known if position < target][::-1], [p for p in known if p > target]


def copy_nearest(frames: Frames, observed: np.ndarray, target: float) -> np.ndarray:
    """The nearest known image; the later one of two that are as near."""
    before, after = _neighbours(observed, target)
    return frames[min([*after[:1], *before[:1]], key=lambda position: abs(position - target))]


def neighbour_mean(frames: Frames, observed: np.ndarray, target: float) -> np.ndarray:
    """The mean of the nearest known images on both sides, weighted by nearness in time; a copy if one side has none."""
    before, after = _neighbours(observed, target)
    if not before or not after:
        return copy_nearest(frames, observed, target)
    share = (target - before[0]) / (after[0] - before[0])
    return (1 - share) * frames[before[0]] + share * frames[after[0]]


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
    before, after = _neighbours(observed, target)
    if before and after:
        a, b = before[0], after[0]
        share = (target - a) / (b - a)
        forward, backward = _flow(frames[a], frames[b]), _flow(frames[b], frames[a])
        moved_a, moved_b = _sample(frames[a], -share * forward), _sample(frames[b], -(1 - share) * backward)
        return (1 - share) * moved_a + share * moved_b
    side = before or after
    if len(side) == 1:
        return frames[side[0]]
    near, far = side[:2]
    return _sample(frames[near], _flow(frames[near], frames[far]) * ((target - near) / (near - far)))


BASELINES: dict[str, Baseline] = {"copy": copy_nearest, "mean": neighbour_mean, "dis-flow": dis_flow}
