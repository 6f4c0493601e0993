"""Libraries that only some forms and commands need, and that are not installed with the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from ...errors import UserError

# By name, as the extras have them in setup.py: this project is on no index, so only a clone can give an extra.
PACKAGES = ("h5py", "netCDF4", "xarray", "imagecodecs")  # science
INSTALL = f"pip install {' '.join(PACKAGES)}"
DASK = ("dask", "distributed")
ONNX = ("onnx", "onnxscript", "onnxruntime")


def lacking(library: str, what: str = "this", packages: Sequence[str] = PACKAGES) -> UserError:
    """What is raised where ``what`` needs a library that is missing, one of an extra's ``packages``."""
    return UserError(f"{what} needs {library}, which is not installed: pip install {' '.join(packages)}")


@contextmanager
def extra(packages: Sequence[str], what: str = "this") -> Iterator[None]:
    """Around the imports of what needs the ``packages`` of an extra. UserError where one is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise lacking(error.name or "a library", what, packages) from error


def science() -> AbstractContextManager[None]:
    """Around the imports of a module that reads or writes a form of the extra ``science``."""
    return extra(PACKAGES)
