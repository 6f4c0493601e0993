"""How fast workers fill an archive, and what memory they take: python tools/archive_speed.py --workers 1 2

It makes an archive of moving textures, has every second image filled, by `motion`, one thread a worker, and prints one
line for each number of workers. The start of the workers, and what they import, is left out. It needs the extra dask.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import zarr
from distributed import Client, LocalCluster

from openstl_seqinterp import cli


def write_archive(path: Path, sequences: int, length: int, height: int, width: int, channels: int) -> None:
    """An array uint8 (N, T, Y, X[, C]) of textures, each sequence at a speed of its own, one sequence a chunk."""
    shape = (sequences, length, height, width) + ((channels,) if channels > 1 else ())
    array = zarr.create_array(path, shape=shape, chunks=(1, min(16, length), *shape[2:]), dtype=np.uint8)
    noise = np.random.default_rng(0).random((height + 8 * length, width + 8 * length)).astype(np.float32)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    for number in range(sequences):
        for start in range(0, length, 16):
            speeds = [(0.5 + 4 * (number % 10) / 10) * time for time in range(start, min(start + 16, length))]
            images = [
                cv2.getRectSubPix(texture, (width, height), (width / 2 + 1.5 * by, height / 2 + by)) for by in speeds
            ]
            frames = np.rint(images).astype(np.uint8)
            array[number, start : start + 16] = frames if channels == 1 else np.stack([frames] * channels, axis=-1)


def _peak() -> int:
    import openstl_seqinterp.apps.archive.worker  # noqa: F401 - what every worker imports first

    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, nargs=4, default=[200, 16, 256, 256], metavar=("N", "T", "H", "W"))
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--method", default="motion")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    sequences, length = args.shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.zarr"
        write_archive(source, *args.shape, args.channels)
        for workers in args.workers:
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", memory_limit=0)
            with cluster, Client(cluster) as client:
                client.run(_peak)
                out = Path(folder) / f"out{workers}.zarr"
                command = ["predict", str(source), "--out", str(out), "--axes", "NTYXC"[: 4 + (args.channels > 1)]]
                command += [
                    "--method",
                    args.method,
                    "--missing",
                    *map(str, range(2, length, 2)),
                    "--scheduler",
                    cluster.scheduler_address,
                ]
                start = time.perf_counter()
                if cli.main(command):
                    sys.exit("error: the archive was not filled")
                seconds, images = time.perf_counter() - start, sequences * len(range(2, length, 2))
                peaks = sorted(client.run(_peak).values())
                each = 1000 * workers * seconds / images
                print(
                    f"{workers} workers: {seconds:.1f} s, {images} images, {each:.1f} ms of a worker for each, ", end=""
                )
                print(f"memory of a worker at most {peaks[-1]} MB", flush=True)


if __name__ == "__main__":
    main()
