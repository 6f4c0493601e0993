"""Libraries that only some forms need, and that are not installed with the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import UserError

# By name, as the extra `science` has them in setup.py: this project is on no index, so only a clone can give the extra.
PACKAGES = ("h5py", "netCDF4", "xarray", "imagecodecs")
INSTALL = f"pip install {' '.join(PACKAGES)}"


def lacking(library: str, what: str = "this") -> UserError:
    """What is raised where ``what`` needs a library of the extra ``science`` that is missing."""
    return UserError(f"{what} needs {library}, which is not installed: {INSTALL}")


@contextmanager
def science() -> Iterator[None]:
    """Around the imports of a module that reads or writes such a form. UserError where one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise lacking(error.name or "a library") from error
