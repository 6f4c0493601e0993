"""What the page takes: said before an upload, and checked after it."""

from __future__ import annotations

UPLOAD = 200  # MB of an upload
UNPACKED = 1000  # MB of what a zip archive holds
IMAGES = 500  # of a sequence
RESULT = 1000  # images of a result
PIXELS = 16  # megapixels of an image
MINUTES = 60  # of training

SAID = (
    f"Up to {UPLOAD} MB and {IMAGES} images of {PIXELS} megapixels; for more there is the command line, "
    "`seqinterp predict`. Files stay on the machine that runs this page and are removed when you close it."
)
