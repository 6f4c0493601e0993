"""Checkpoints: loaded without running any code in them, and checked against what they are loaded into."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule

from .errors import UserError, one_line
from .shipped import SUFFIX, load_safetensors

_LARGEST = 2**32  # bytes of a checkpoint
BEST, LAST = "best.ckpt", "last.ckpt"
# A resumed run may differ in these from the run it continues: they change weights by rounding at most.
FREE = {
    "ckpt_path", "compile", "config_file", "data_root", "device", "dist", "ex_name", "fps", "gpus",
    "logger", "no_display_method_info", "num_workers", "overwrite", "precision", "res_dir", "resume", "save_dir",
    "test", "test_sets", "val_batch_size",
}  # fmt: skip
_LATER = {"value_range", "fill_value"}  # checkpoints of earlier versions do not have them


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a Lightning checkpoint with ``weights_only=True``, or safetensors. UserError if missing, damaged, or unsafe.

    Its weights are dense, on the CPU, and take no more memory than the file's size suggests.
    """
    if not path.is_file():
        raise UserError(f"there is no checkpoint {path}; train first, or name another one")
    try:
        checkpoint = load_safetensors(path) if path.suffix == SUFFIX else _load_pickled(path)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} is refused: it is damaged, or holds more than weights and plain values and could run code"
        ) from error
    except Exception as error:  # unpickling a damaged file can raise anything
        raise UserError(
            f"{path} is damaged or not a checkpoint ({one_line(error)}); train again or name another one"
        ) from error
    weights = checkpoint.get("state_dict") if isinstance(checkpoint, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise UserError(f"{path} is not a checkpoint: it has no state_dict of weights; name a best.ckpt or last.ckpt")
    _require_plain(path, weights)
    _require(path, checkpoint, {"epoch": int, "global_step": int, "hyper_parameters": dict})
    _require(path, checkpoint["hyper_parameters"], {"method": str})
    for key, kind in {"train_set": str, "seed": int}.items():
        value = checkpoint["hyper_parameters"].get(key)
        if not isinstance(value, kind | None):
            raise UserError(
                f"{path}: {key} is {value!r:.80}, expected {kind.__name__}; train again or name another one"
            )
    return checkpoint


def _load_pickled(path: Path) -> Any:
    _require_whole(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sparse weights, which are refused later
        return torch.load(path, map_location="cpu", weights_only=True)


def _require_whole(path: Path) -> None:
    """ValueError or BadZipFile where members claim more than the file holds, or have changed since they were saved."""
    with zipfile.ZipFile(path) as archive:
        members, size = archive.infolist(), path.stat().st_size
        claimed = sum(member.file_size for member in members)
        if claimed > min(size, _LARGEST) or any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError(f"it claims {claimed} bytes in a file of {size}, expected at most {_LARGEST}, none packed")
        damaged = archive.testzip()  # torch writes these checksums and never reads them
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged} is wrong")


def _require_plain(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    for name, value in weights.items():
        if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
            found = "quantised" if value.is_quantized else f"{value.layout} on {value.device}"
            raise UserError(f"{path}: weight {name} is {found}, expected a dense one on the cpu; name another one")
    claimed, size = sum(value.nbytes for value in weights.values()), path.stat().st_size
    if claimed > 2 * size:  # a few may share their memory
        raise UserError(f"{path}: its weights claim {claimed} bytes in a file of {size}; name another one")


def _require(path: Path, checkpoint: dict[str, Any], parts: dict[str, type]) -> None:
    for key, kind in parts.items():
        if not isinstance(checkpoint.get(key), kind):
            raise UserError(f"{path} is not from a run of this plugin: it has no {key}; name a best.ckpt or last.ckpt")


def load_weights(method: LightningModule, checkpoint: dict[str, Any], path: Path) -> None:
    """Copy a checkpoint's weights into ``method``. UserError if they belong to another model or are not finite."""
    stored, ours = checkpoint["state_dict"], method.state_dict()
    for name in [*ours, *stored]:
        here, there = (tuple(state[name].shape) if name in state else "absent" for state in (ours, stored))
        if here == there:
            here, there = (str(state[name].dtype).removeprefix("torch.") for state in (ours, stored))
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
    for key in sorted((then.keys() | now.keys()) - FREE - (_LATER - then.keys())):
        if then.get(key) != now.get(key):
            raise UserError(
                f"cannot resume {path}: it was trained with {key}={then.get(key)!r}, not {now.get(key)!r}; "
                "give the same command"
            )


def validation_score(checkpoint: dict[str, Any]) -> str:
    """``", val_loss 0.00123"`` from the state of the callback that wrote the checkpoint."""
    states = checkpoint.get("callbacks")
    for state in states.values() if isinstance(states, dict) else ():
        score = state.get("current_score") if isinstance(state, dict) else None
        if isinstance(score, torch.Tensor) and score.numel() == 1 and not score.is_complex():
            return f", {state.get('monitor')} {float(score):.6f}"
    return ""
