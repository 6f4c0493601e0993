"""Dense flow between two images, and sampling along it, on arrays (C, H, W). Distances in pixels, (x, y)."""

from __future__ import annotations

import cv2
import numpy as np

_ENOUGH = 144  # pixels: DIS matches 8x8 patches, so smaller images are enlarged for it to find sub-pixel motion


def dis_flow(source: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """Dense inverse search flow float32 (H, W, 2) in pixels: source(x) is destination(x + flow(x)).

    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016; OpenCV's, medium preset.
    Both images are float (C, H, W) in [0, 1]; the mean over the channels is used.
    """
    height, width = source.shape[1:]
    scale = max(1, round(_ENOUGH / min(height, width)))

    def byte(image: np.ndarray) -> np.ndarray:
        grey = image.mean(axis=0)
        large = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        return np.rint(np.clip(large, 0, 1) * 255).astype(np.uint8)

    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = search.calc(byte(source), byte(destination), None)
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) / scale


def sample(image: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """``image`` float (C, H, W) read at x + ``displacement`` (H, W, 2), bilinear.

    The border is extended, so that a panning camera does not drag black edges into the picture.
    """
    height, width = image.shape[1:]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    at = (x + displacement[..., 0].astype(np.float32), y + displacement[..., 1].astype(np.float32))
    return np.stack([cv2.remap(channel, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for channel in image])
