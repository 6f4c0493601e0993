"""A thin extension of OpenSTL: image-sequence interpolation and extrapolation.

``register()`` enters the dataset and the methods into the registries of the host (OpenSTL, or the small embedded one).
"""

__version__ = "0.1.0"
__all__ = ["__version__", "register"]


def register() -> None:
    """Enter the plugin's datasets and methods into the host's registries; calling it again does nothing."""
    # Importing a host imports torch and Lightning: seconds that `import openstl_seqinterp` need not cost.
    from .registry import register as enter

    enter()
