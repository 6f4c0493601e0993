"""A thin extension of OpenSTL: image-sequence interpolation and extrapolation.

``register()`` enters the data sets and methods into the registries of the host (OpenSTL, or the small embedded one).
``fill(frames, observed, ...)`` fills missing images of an array.
"""

from typing import Any

from ._version import __version__

__all__ = ["__version__", "fill", "register"]


def __getattr__(name: str) -> Any:
    # Imported when it is used: it takes torch and Lightning, seconds that `import openstl_seqinterp` need not cost.
    if name == "fill":
        from .apps.fill import fill

        return fill
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register() -> None:
    """Enter the plugin's data sets and methods into the host's registries; calling it again does nothing."""
    from .registry import register as enter

    enter()
