"""Methods trained on an imported data set and continuing it: ``seqinterp benchmark -d NAME``."""

from .measure import Comparison

__all__ = ["Comparison"]
