"""Dense flow between two images, and images read along a displacement. Distances are in pixels, (x, y).

Images are float (H, W, C), most of their values in [0, 1]; flows and displacements float32 (H, W, 2). Beyond its border
an image goes on: a camera that pans must not drag black edges into the picture.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

LEVELS = 255  # grey levels of the range of values
_SEARCHED = 144  # pixels: DIS looks for patches of 8x8, so smaller images are enlarged, for it to find sub-pixel motion
_LEAST, _LONGEST, _LARGEST = 16, 2**14, 2**19  # pixels of a side, of one that is enlarged, and of such an image
_HALVED = 200  # pixels a side: larger images are searched at half their size,
_ROWS, _COARSEST = 240, 4  # and those of several times so many at a third, or a quarter: video has no finer detail
_REMEMBERED = 24  # flows: neighbouring targets share pairs of images
_FIRST_STRIDE, _FIRST_DESCENTS = 4, 40  # of the patches for a first estimate, and steps of each: far, for fast motion
_DESCENTS = 8  # from a first estimate
_DESCENTS_FROM_REST = 16
_REFINEMENTS = 2  # variational steps of the whole flow


def luma(image: np.ndarray) -> np.ndarray:
    """The mean over the channels of an image (H, W, C): float32 (H, W)."""
    channels = image.shape[-1]
    if channels > 4:
        return image.mean(axis=-1, dtype=np.float32)
    return cv2.transform(np.ascontiguousarray(image, np.float32), np.full((1, channels), 1 / channels, np.float32))


def reduction(side: int) -> int:
    """How many times smaller images are searched whose shorter side is ``side`` pixels; 1 for small ones."""
    return min(_COARSEST, max(2, side // _ROWS)) if side >= _HALVED else 1


def grey_levels(image: np.ndarray, *, reduce: bool = True) -> np.ndarray:
    """What the flow is searched in: uint8 (h, w), the mean over the channels, of a reduced size or enlarged.

    A narrow image is enlarged less, so that it does not become a long one, but each side to what DIS needs.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    if reduce and reduction(side) > 1:
        scale = 1 / reduction(side)
    else:
        most = min(int(np.sqrt(_LARGEST / (height * width))), _LONGEST // max(height, width))
        scale = max(1, min(round(_SEARCHED / side), most))
    grey = luma(image)
    size = max(_LEAST, round(width * scale)), max(_LEAST, round(height * scale))
    if size != (width, height):
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.rint(np.clip(grey, 0, 1) * LEVELS).astype(np.uint8)


def dis_flow(source: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """Dense inverse search flow between grey images uint8 (h, w): source(x) is destination(x + flow(x)).

    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016; OpenCV's, with its medium preset, whose
    finest scale is half the size. The latest flows are remembered.
    """
    return _remembered(source.shape, source.tobytes(), destination.tobytes())


@lru_cache(_REMEMBERED)
def _remembered(shape: tuple[int, int], source: bytes, destination: bytes) -> np.ndarray:
    one, other = _pair(shape, source, destination)
    return _read_only(search(one, other))


def search(source: np.ndarray, destination: np.ndarray) -> np.ndarray:
    """`dis_flow`, which is not remembered."""
    return np.asarray(_medium().calc(source, destination, None))


def continued_flow(source: np.ndarray, destination: np.ndarray, behind: np.ndarray | None, times: float) -> np.ndarray:
    """The flow from ``source`` to ``destination``, down to the finest scale, as `dis_flow`, but from a first estimate.

    That is minus the coarser flow from the source to ``behind``, an image on its other side, multiplied by ``times``,
    how much further the destination is: what moves goes on moving. Fast motion is found, which a search from rest
    loses. Without ``behind`` the search is from rest.
    """
    third = None if behind is None else behind.tobytes()
    return _continued(source.shape, source.tobytes(), destination.tobytes(), third, times)


@lru_cache(_REMEMBERED)
def _coarse(shape: tuple[int, int], source: bytes, destination: bytes) -> np.ndarray:
    """A flow that is good enough to start from."""
    method = _medium()
    method.setPatchStride(_FIRST_STRIDE)
    method.setGradientDescentIterations(_FIRST_DESCENTS)
    method.setVariationalRefinementIterations(0)
    one, other = _pair(shape, source, destination)
    return _read_only(method.calc(one, other, None))


@lru_cache(_REMEMBERED)
def _continued(
    shape: tuple[int, int], source: bytes, destination: bytes, behind: bytes | None, times: float
) -> np.ndarray:
    first = None if behind is None else -np.float32(times) * _coarse(shape, source, behind)
    method = _medium()
    method.setFinestScale(0)
    method.setGradientDescentIterations(_DESCENTS_FROM_REST if first is None else _DESCENTS)
    method.setVariationalRefinementIterations(_REFINEMENTS)
    one, other = _pair(shape, source, destination)
    return _read_only(method.calc(one, other, first))


def _medium() -> cv2.DISOpticalFlow:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def _pair(shape: tuple[int, int], *images: bytes) -> list[np.ndarray]:
    return [np.frombuffer(each, np.uint8).reshape(shape) for each in images]


def forget() -> None:
    """Let go of all flows that are remembered."""
    _remembered.cache_clear()
    _coarse.cache_clear()
    _continued.cache_clear()


def _read_only(flow: np.ndarray) -> np.ndarray:
    flow.flags.writeable = False
    return flow


@lru_cache(4)
def _pixels(height: int, width: int) -> np.ndarray:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=-1)


def warp(image: np.ndarray, displacement: np.ndarray, *, cubic: bool = False) -> np.ndarray:
    """``image`` (H, W) or (H, W, C) read at x + ``displacement``(x), bilinear or ``cubic``; as large as it."""
    height, width = displacement.shape[:2]
    how = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    at = np.add(_pixels(height, width), displacement, dtype=np.float32)
    channels = image.shape[2] if image.ndim == 3 else 1
    if channels <= 4:
        read = cv2.remap(image, at, None, how, borderMode=cv2.BORDER_REPLICATE)
        return read.reshape(height, width, *image.shape[2:])
    parts = [cv2.remap(image[..., c], at, None, how, borderMode=cv2.BORDER_REPLICATE) for c in range(channels)]
    return np.stack(parts, axis=-1)


def resized(displacement: np.ndarray, height: int, width: int) -> np.ndarray:
    """A displacement of an image of another size, in its pixels."""
    factor = np.array([width / displacement.shape[1], height / displacement.shape[0]], np.float32)
    if (factor == 1).all():
        return displacement
    if factor[0] < 1:
        return cv2.resize(displacement, (width, height), interpolation=cv2.INTER_AREA) * factor
    return cv2.resize(displacement * factor, (width, height), interpolation=cv2.INTER_LINEAR)  # cheaper in this order
