"""Whatever is killed while an archive is filled, what was written stays, and the result is the same in the end."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
import zarr

from openstl_seqinterp import cli

pytestmark = pytest.mark.engines
FLAGS = ["--axes", "NTYX", "--missing", *map(str, range(2, 16, 2))]
PARTS = 16
SOME = 3  # parts that are written before something is killed


@pytest.fixture(scope="module")
def archive(tmp_path_factory, moving):
    """A folder with an archive of 16 parts, and the frames that one process makes of it."""
    folder = tmp_path_factory.mktemp("archive")
    zarr.create_array(folder / "in.zarr", data=moving(PARTS, 16, 96, 96))
    assert cli.main(["predict", str(folder / "in.zarr"), "--out", str(folder / "one.zarr"), *FLAGS]) == 0
    return folder, zarr.open(folder / "one.zarr", mode="r")[:]


@pytest.fixture
def out(archive, request):
    """Where a test has its result."""
    return archive[0] / f"{request.node.name}.zarr"


@pytest.fixture
def start():
    """A function that starts ``python -m`` with a module and its arguments; none outlives the test."""
    processes = []

    def begin(*arguments, **options):
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options}
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        processes.append(subprocess.Popen([sys.executable, "-m", *arguments], text=True, env=environment, **options))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def fill(archive, out, start):
    """A function that starts to fill the archive, with more flags."""
    return lambda *flags: Command(archive, out, start, *flags)


class Command:
    """``seqinterp predict`` in a process of its own, and what it has written so far."""

    def __init__(self, archive, out, start, *flags):
        self.records = out.with_name(f".{out.name}.unfinished") / "parts"
        command = ["predict", str(archive[0] / "in.zarr"), "--out", str(out), *FLAGS, *flags]
        self.process = start("openstl_seqinterp", *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def written(self):
        """When each part that is done was recorded."""
        found = self.records.glob("*.json") if self.records.is_dir() else ()
        return {path.name: path.stat().st_mtime_ns for path in found}

    def wait_for_some(self):
        while self.process.poll() is None and len(self.written()) < SOME:
            time.sleep(0.02)
        found = self.written()
        assert SOME <= len(found) < PARTS
        return found

    def workers(self):
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def end(process, *, expected):
    output, errors = process.communicate(timeout=300)
    assert process.returncode == expected, output + errors
    return errors


def test_a_worker_dies_and_its_parts_alone_are_done_again(archive, out, fill, stored):
    command = fill("--workers", "2")
    command.wait_for_some()
    os.kill(command.workers()[0].pid, signal.SIGKILL)
    end(command.process, expected=0)
    np.testing.assert_array_equal(stored(out), archive[1])


def test_the_command_dies_and_goes_on(archive, out, fill, stored):
    command = fill("--workers", "2")
    command.wait_for_some()
    workers = command.workers()
    command.process.kill()
    command.process.communicate()
    assert not psutil.wait_procs(workers, timeout=60)[1]  # they don't outlive it
    done = command.written()
    assert not out.exists()
    again = fill("--workers", "2")
    kept = {}
    while again.process.poll() is None and again.records.is_dir():
        kept = {**kept, **again.written()}
        time.sleep(0.02)
    output, errors = again.process.communicate(timeout=300)
    assert again.process.returncode == 0, errors
    assert f"{len(done)} of {PARTS} parts are done already" in output
    assert done.items() <= kept.items()  # none was written again
    np.testing.assert_array_equal(stored(out), archive[1])
    assert not command.records.parent.exists()


def test_another_command_does_not_go_on_with_it(archive, out, fill, capsys):
    command = fill("--workers", "1")
    command.wait_for_some()
    flags = ["predict", str(archive[0] / "in.zarr"), "--out", str(out), "--workers", "1", *FLAGS]
    assert cli.main(flags) == 2
    assert f"{out} is being filled by another process" in capsys.readouterr().err
    command.process.kill()
    command.process.communicate()
    assert cli.main([*flags, "--method", "mean"]) == 2
    assert "another command began, with method None, now 'mean'; repeat that command" in capsys.readouterr().err
    assert command.records.is_dir()


def test_the_scheduler_dies_and_a_new_one_goes_on(archive, out, fill, start, stored, tmp_path):
    for attempt in range(2):
        file = tmp_path / f"scheduler{attempt}.json"
        options = ["--no-dashboard", "--scheduler-file", str(file)]
        scheduler = start("distributed.cli.dask_scheduler", "--port", "0", *options)
        start("distributed.cli.dask_worker", "--nthreads", "1", "--local-directory", str(tmp_path), *options)
        while not file.exists():
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        command = fill("--scheduler", address)
        if attempt:
            end(command.process, expected=0)
            continue
        done = command.wait_for_some()
        scheduler.kill()
        errors = end(command.process, expected=2)
        assert errors.splitlines()[-1].startswith(f"error: the scheduler {address} does not answer")
        assert not out.exists()
        assert done.items() <= command.written().items()
    np.testing.assert_array_equal(stored(out), archive[1])
