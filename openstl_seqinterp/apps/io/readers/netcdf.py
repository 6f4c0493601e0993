"""NetCDF: the variable that holds the frames, its time coordinate and its fill value."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np

from ....errors import UserError, one_line
from ..array_source import ArraySource, as_fill_value, choose, require_room
from ..axes import named_axes
from ..extras import science
from ..source import Options

with science():
    import xarray

_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError, AttributeError)


class NetcdfReader(ArraySource):
    """One variable of a file: ``key``, in its own type; ``times_key`` is the coordinate of its times, or None.

    What packs values (scale_factor, add_offset) stays beside them: they are neither unpacked nor changed.
    """

    form = "nc"
    kind = "NetCDF"
    reads = frozenset({"axes", "variable"})
    damaged = _DAMAGED

    def __init__(self, path: Path, options: Options) -> None:
        super().__init__(path, options)
        try:
            self.data = xarray.open_dataset(
                path, engine="netcdf4", mask_and_scale=False, decode_times=False, decode_coords=False, cache=False
            )
        except _DAMAGED as error:
            raise UserError(f"{path} is no NetCDF file or a damaged one ({one_line(error)}); save it again") from error
        self._close = weakref.finalize(self, self.data.close)
        try:
            self._take()
        except _DAMAGED as error:
            self._close()
            raise UserError(f"{path} is damaged ({one_line(error)}); save it again") from error
        except BaseException:
            self._close()
            raise

    def _take(self) -> None:
        variables = self.data.variables
        found = [str(name) for name, each in variables.items() if each.ndim > 2 and each.dtype.kind in "biufc"]
        self.key = choose(found, self.options.variable, str(self.path))
        variable, what = variables[self.key], f"{self.path}: {self.key}"
        require_room(variable.nbytes, self.path.stat().st_size, what)
        self.kind = f"NetCDF {self.key}"
        names = [self._name(str(dimension)) for dimension in variable.dims]
        self.use(variable, named_axes(names, variable.shape), what)
        for name in ("_FillValue", "missing_value"):
            if self.fill_value is None and name in variable.attrs:
                self.fill_value = as_fill_value(variable.attrs[name], self.dtype)
        self.time_dimension = str(variable.dims[self.axes.index("T")])
        self.times_key = self._find_times()
        if self.times_key is not None and self.options.times is None:
            times = variables[self.times_key]
            if not self.use_times(self.times_key, np.asarray(times.values), times.attrs):
                self.times_key = None

    def _name(self, dimension: str) -> str:
        """A dimension's letter where its coordinate says it, else its name."""
        said = self.data.variables[dimension].attrs if dimension in self.data.variables else {}
        if str(said.get("axis", "")).upper() in ("T", "Z", "Y", "X"):
            return str(said["axis"])
        known = {"time": "T", "latitude": "Y", "longitude": "X", "projection_y_coordinate": "Y"}
        known["projection_x_coordinate"] = "X"
        return "T" if " since " in str(said.get("units", "")) else known.get(str(said.get("standard_name")), dimension)

    def _find_times(self) -> str | None:
        along = [name for name, each in self.data.variables.items() if each.dims == (self.time_dimension,)]
        for name in along:
            said = self.data.variables[name].attrs
            if name == self.time_dimension or said.get("standard_name") == "time":
                return str(name)
        return None
