"""Libraries that only some forms need, and that are not installed with the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import UserError

INSTALL = "pip install xarray h5py netCDF4 imagecodecs"  # the extra ``science``; this project is not on PyPI


def lacking(library: str) -> UserError:
    """What is raised where a library of the extra ``science`` is needed and missing."""
    return UserError(f"this needs {library}, which is not installed: {INSTALL}")


@contextmanager
def science() -> Iterator[None]:
    """Around the imports of a module that reads or writes such a form. UserError where one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise lacking(error.name or "a library") from error
