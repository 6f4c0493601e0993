"""Archives of sequences, filled by many processes: Dask hands out the parts of the result, Zarr holds them.

What depends on whole sequences is found once and stored (`stored`); `grid` divides the result into parts, which
`worker` fills one by one and records; `command` brings it about, on a `cluster`. `lazy` does the same for arrays of
Dask and xarray, without files.
"""
