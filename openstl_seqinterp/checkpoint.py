"""Checkpoints: loaded without running any code in them, and checked against what they are loaded into."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule

from .errors import UserError, one_line

BEST, LAST = "best.ckpt", "last.ckpt"
# A resumed run may differ in these from the run it continues: they change weights by rounding at most.
FREE = {
    "ckpt_path", "compile", "config_file", "data_root", "device", "dist", "ex_name", "fps", "gpus",
    "logger", "no_display_method_info", "num_workers", "overwrite", "precision", "res_dir", "resume", "save_dir",
    "test", "test_sets", "val_batch_size",
}  # fmt: skip


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a Lightning checkpoint with ``weights_only=True``. UserError if missing, damaged, or unsafe."""
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}; train first, or name another one")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} is refused: it is damaged, or holds more than weights and plain values and could run code"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UserError(
            f"{path} is damaged or not a checkpoint ({one_line(error)}); train again or name another one"
        ) from error
    weights = checkpoint.get("state_dict") if isinstance(checkpoint, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise UserError(f"{path} is not a checkpoint: it has no state_dict of weights; name a best.ckpt or last.ckpt")
    _require(path, checkpoint, {"epoch": int, "global_step": int, "hyper_parameters": dict})
    return checkpoint


def _require(path: Path, checkpoint: dict[str, Any], parts: dict[str, type]) -> None:
    for key, kind in parts.items():
        if not isinstance(checkpoint.get(key), kind):
            raise UserError(f"{path} is not from a run of this plugin: it has no {key}; name a best.ckpt or last.ckpt")


def load_weights(method: LightningModule, checkpoint: dict[str, Any], path: Path) -> None:
    """Copy a checkpoint's weights into ``method``. UserError if they belong to another model or are not finite."""
    stored, ours = checkpoint["state_dict"], method.state_dict()
    for name in [*ours, *stored]:
        here, there = (tuple(state[name].shape) if name in state else "absent" for state in (ours, stored))
        if here != there:
            raise UserError(
                f"{path} belongs to another model: {name} is {there} there, {here} here; "
                "use the method and config it was trained with"
            )
    bad = [name for name, value in stored.items() if value.is_floating_point() and not value.isfinite().all()]
    if bad:
        raise UserError(f"{path} holds weights that are not finite ({bad[0]}); train again with a lower --lr")
    method.load_state_dict(stored)


def require_same_run(method: LightningModule, checkpoint: dict[str, Any], path: Path) -> None:
    """UserError unless ``checkpoint`` has the same settings, so that resuming equals one uninterrupted run."""
    _require(path, checkpoint, {"optimizer_states": list, "lr_schedulers": list, "loops": dict, "callbacks": dict})
    then, now = checkpoint["hyper_parameters"], dict(method.hparams)
    for key in sorted((then.keys() | now.keys()) - FREE):
        if then.get(key) != now.get(key):
            raise UserError(
                f"cannot resume {path}: it was trained with {key}={then.get(key)!r}, not {now.get(key)!r}; "
                "give the same command"
            )


def validation_score(checkpoint: dict[str, Any]) -> str:
    """``", val_loss 0.00123"`` from the state of the callback that wrote the checkpoint."""
    for state in checkpoint.get("callbacks", {}).values():
        if isinstance(state, dict) and state.get("monitor") and state.get("current_score") is not None:
            return f", {state['monitor']} {float(state['current_score']):.6f}"
    return ""
