"""Dask's workers: some on this machine, or those of a scheduler that is there."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from ...errors import UserError, one_line
from ..io.extras import DASK, extra
from ..progress import tracked
from .stored import Archive


@contextmanager
def client_of(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """A client of ``workers`` processes on this machine with a thread each, or of the ``scheduler`` at an address.

    UserError where Dask is missing, no scheduler answers, or it or its workers are lost.
    """
    with extra(DASK, "--workers"):
        import distributed
        from distributed.scheduler import KilledWorker
    gone = (OSError, TimeoutError, distributed.CancelledError)
    try:
        with _cluster(workers, scheduler) as address, distributed.Client(address, timeout=30) as client:
            if find_spec("bokeh"):
                print(f"dashboard: {client.dashboard_link}", flush=True)
            yield client
    except KilledWorker as error:
        raise UserError(
            f"workers died again and again over one piece of the work ({one_line(error)}); if memory is short, start "
            "fewer, and repeat the command to go on"
        ) from error
    except gone as error:
        where = f"the scheduler {scheduler}" if scheduler else "Dask's scheduler"
        raise UserError(f"{where} does not answer ({one_line(error)}); start it, and repeat the command") from error


@contextmanager
def _cluster(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    if scheduler is not None:
        yield scheduler
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR
    ) as cluster:
        yield cluster


def each(
    client: Any, function: Callable[[Archive, int], None], archive: Archive, numbers: Sequence[int], doing: str
) -> None:
    """Let the workers call ``function`` for each of the ``numbers``. What it raises is raised here."""
    from distributed import as_completed, progress

    futures = client.map(_called, numbers, function=function, archive=archive, pure=False, batch_size=1000)
    if sys.stdout.isatty():
        print(doing)
        progress(futures, notebook=False)
        print()
        waited = iter(as_completed(futures))
    else:
        waited = tracked(as_completed(futures), doing, len(futures))
    try:
        for future in waited:
            future.result()
            future.release()
    finally:
        client.cancel(futures)


def _called(number: int, function: Callable[[Archive, int], None], archive: Archive) -> None:
    function(archive, number)
