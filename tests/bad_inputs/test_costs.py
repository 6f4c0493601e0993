"""A bomb, a giant header and giant settings are refused at little more than the cost of a valid tiny input."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

SECONDS, BYTES = 2.0, 300 * 2**20  # beyond a valid tiny input

# Each command in a child of one process that has imported everything: what it takes is its own.
_CHILDREN = """
import json, os, resource, sys, time
sys.stderr = open(os.devnull, "w")
import numpy, torch, pytorch_lightning, timm, cv2, zarr, h5py
from openstl_seqinterp import cli, registry
import openstl_seqinterp.apps.fill.command
registry.register()
found = {}
for name, argv in json.loads(sys.argv[1]).items():
    read, write = os.pipe()
    child = os.fork()
    if not child:
        start = time.perf_counter()
        resource.setrlimit(resource.RLIMIT_AS, (2**36, 2**36))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = cli.main(argv)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        os.write(write, json.dumps([code, time.perf_counter() - start, peak]).encode())
        os._exit(0)
    os.close(write)
    found[name] = json.loads(os.read(read, 1000) or b"null")
    os.waitpid(child, 0)
print(json.dumps(found))
"""


def _costs(commands: dict[str, str]) -> dict[str, tuple[int, float, float]]:
    argv = json.dumps({name: shlex.split(command) for name, command in commands.items()})
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CHILDREN, argv],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=120,
    )
    return json.loads(child.stdout)


def _bomb(path: str, member: str, count: int) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(member, "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (count, 1024, 1024)}
        )
        for _ in range(count):
            file.write(bytes(2**20))


@pytest.fixture
def costly(bad, network):
    """Names of inputs, or of checkpoints, that must cost little. They are removed in the end."""
    before = set(Path.cwd().iterdir())
    _bomb("bomb.npz", "frames.npy", 600)
    good = network("SimVP")
    torch.save(good, "good.ckpt")
    giants = {
        "wide": {"hid_S": 20_000},
        "wide_enough": {"hid_S": 6000, "hid_T": 6000},
        "deep": {"N_T": 10**6},
        "deep_enough": {"N_T": 6000},
        "mlp": {"mlp_ratio": 6000.0},
        "aft": {"aft_seq_length": 10**9},
    }
    for name, settings in giants.items():
        torch.save(network("SimVP", **settings), f"{name}.ckpt")
    torch.save(network("LatentAffine", refinements=10**9), "passes.ckpt")
    torch.save(network("PredFormer", in_shape=[4, 1, 9000, 9000]), "large.ckpt")
    with zipfile.ZipFile("good.ckpt") as archive:
        members = {each.filename: archive.read(each) for each in archive.infolist()}
    with zipfile.ZipFile("bomb.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, "archive/data/99": bytes(600 * 2**20)}.items():
            archive.writestr(name, content)
    yield [*giants, "passes", "large", "bomb"]
    for path in set(Path.cwd().iterdir()) - before:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_what_a_refusal_costs(costly):
    flags = "--missing 5 --device cpu --out"
    commands = {
        "tiny": f"predict good.npy {flags} tiny_out --checkpoint good.ckpt",
        **{name: f"predict good.npy {flags} out --checkpoint {name}.ckpt" for name in costly},
        **{
            name: f"predict {name} {flags} out --method mean"
            for name in ("bomb.npz", "huge.npy", "overflow.npy", "huge.h5")
        },
    }
    found = _costs(commands)
    tiny = found.pop("tiny")
    assert tiny[0] == 0
    for name, (code, seconds, peak) in found.items():
        assert code == 2, name
        assert seconds < tiny[1] + SECONDS, name
        assert peak < tiny[2] + BYTES, name
