"""Image sequences in the forms people keep them in: read frame by frame, written back in the same form or another.

Frames are (H, W, C) in the form's own dtype, colours in the order RGB; positions and sequences count from 0. A new form
is a reader, a row of `readers.READERS`, a writer, and a row of `writers.WRITERS`. `timeline` says when frames are.
"""

from .readers import READABLE, open_source
from .source import Options, Source
from .timeline import Timeline
from .writers import FORMS, SETTINGS, WRITERS, Fill, Layout, Output, write

__all__ = [
    "FORMS",
    "READABLE",
    "SETTINGS",
    "WRITERS",
    "Fill",
    "Layout",
    "Options",
    "Output",
    "Source",
    "Timeline",
    "open_source",
    "write",
]
