"""Weights that travel with the package: a safetensors file, which holds numbers and a text, and can run no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import UserError, one_line
from .files import atomic

SHIPPED = "shipped"  # the name of the package's own weights, wherever a checkpoint is named
SUFFIX = ".safetensors"
WEIGHTS = Path(__file__).parent / "weights" / f"simvp_motion{SUFFIX}"
_ABOUT = "checkpoint"  # key of the metadata: all of a checkpoint but its weights, as JSON
# What only the machine that trained them knows, or the run.
_LOCAL = (
    "ckpt_path",
    "config_file",
    "data_root",
    "ex_name",
    "gpus",
    "initial",
    "res_dir",
    "resume",
    "save_dir",
    "test",
)


def named_checkpoint(name: str | Path) -> Path:
    """The path of a checkpoint by its name: that of the package's own weights for `SHIPPED`."""
    if str(name) != SHIPPED:
        return Path(name)
    if not WEIGHTS.is_file():
        raise UserError(f"this installation has no {WEIGHTS}; make the weights with tools/pretrain.py")
    return WEIGHTS


def save_weights(path: Path, checkpoint: Mapping[str, Any], scores: Mapping[str, Any]) -> None:
    """Write a Lightning checkpoint's weights and settings, and ``scores``, which are plain values."""
    from safetensors.torch import save  # imports torch, which naming a checkpoint does not need

    settings = {key: value for key, value in checkpoint["hyper_parameters"].items() if key not in _LOCAL}
    about = {
        "hyper_parameters": settings,
        "epoch": checkpoint["epoch"],
        "global_step": checkpoint["global_step"],
        "scores": dict(scores),
    }
    weights = {name: value.contiguous() for name, value in checkpoint["state_dict"].items()}
    with atomic(path) as temporary:
        # save_file makes a file that its owner alone may read.
        temporary.write_bytes(save(weights, {_ABOUT: json.dumps(about, sort_keys=True)}))


def load_safetensors(path: Path) -> dict[str, Any]:
    """What `save_weights` wrote, in the form of a checkpoint. ValueError where it is something else."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get(_ABOUT, "null"))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(one_line(error)) from error
    if not isinstance(about, dict):
        raise ValueError("its metadata have no settings")
    return {**about, "state_dict": weights}
