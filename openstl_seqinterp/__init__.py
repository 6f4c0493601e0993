"""A thin extension of OpenSTL: image-sequence interpolation and extrapolation.

``register()`` enters the dataset and the methods into the registries of the host (OpenSTL, or the small embedded one).
``fill(frames, observed, ...)`` fills missing images of an array.
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "fill", "register"]


def __getattr__(name: str) -> Any:
    # Imported when it is used: it takes torch and Lightning, seconds that `import openstl_seqinterp` need not cost.
    if name == "fill":
        from .filling import fill

        return fill
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register() -> None:
    """Enter the plugin's datasets and methods into the host's registries; calling it again does nothing."""
    from .registry import register as enter

    enter()
