"""What large images take of memory beyond what small ones do."""

import os
import subprocess
import sys

import numpy as np
from textures import texture

MOST = 400  # MB beyond the peak of the same with images of 64x64

_CODE = """
import sys
from pathlib import Path
import cv2
cv2.setNumThreads(1)
from openstl_seqinterp import cli
assert cli.main(sys.argv[1:]) == 0
(line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(line.split()[1]))
"""


def peak(source, out, *more):
    """MB that ``predict`` takes at most, in a process of its own with one thread."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, "predict", str(source), "--out", str(out), *more],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.splitlines()[-1]) / 1024


def test_a_film_of_720_lines_is_filled_and_continued_in_little_memory(tmp_path):
    wide = np.rint(texture(1400) * 255).astype(np.uint8)
    colours = np.stack([wide, wide[::-1], wide[:, ::-1]], axis=-1)
    peaks = []
    for height, width in ((64, 64), (720, 1280)):
        source = tmp_path / f"{height}.npy"
        np.save(source, np.stack([colours[2 * t : 2 * t + height, 5 * t : 5 * t + width] for t in range(9)]))
        peaks.append(peak(source, tmp_path / f"out{height}", "--missing", "5", "--extend", "2"))
    assert peaks[1] - peaks[0] < MOST
