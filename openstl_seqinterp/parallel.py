"""Threads for what OpenCV and NumPy compute: they let others run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2


@contextmanager
def threads(count: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """So many, by default one for each core; OpenCV has no more inside each."""
    inside = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(count or os.cpu_count()) as pool:
            yield pool
    finally:
        cv2.setNumThreads(inside)
