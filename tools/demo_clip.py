#!/usr/bin/env python3
"""Write a short clip for ``make demo``: a texture that pans, and a disc that turns into its way. uint8 (T, H, W, 3).

python tools/demo_clip.py CLIP.npy
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from openstl_seqinterp.apps.web.examples import clip

if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, clip())
