"""Image sequences in the forms people keep them in: read frame by frame, written back in the same form.

Frames are (H, W, C) in the form's own dtype and channel order; positions and sequences count from 0. A new form is
a reader with its suffix in `readers.READERS`, and a writer with its reader in `writers.WRITERS`.
"""

from .readers import READABLE, open_source
from .source import Fill, Layout, Source
from .writers import write

__all__ = ["READABLE", "Fill", "Layout", "Source", "open_source", "write"]
