"""Whether the settings of a run can work, told before anything is built, written or trained."""

from __future__ import annotations

import argparse
from math import inf
from pathlib import Path
from typing import Any

from . import host, registry
from .data.loaders import BALANCES, scored_sets, training_sets
from .errors import UserError, require_known

_POSITIVE = 1e-30
# key: least, most
_RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            "epoch",
            "epoch_cases",
            "hidden",
            "batch_size",
            "val_batch_size",
            "log_step",
            "patch_size",
            "final_div_factor",
        ),
        (1, inf),
    ),
    **dict.fromkeys(("num_workers", "opt_eps", "weight_decay", "warmup_lr", "min_lr", "warmup_epoch"), (0, inf)),
    **dict.fromkeys(("mse_weight", "mae_weight", "passes", "refinements"), (0, inf)),
    **dict.fromkeys(("lr", "clip_grad", "lr_k_decay", "decay_epoch", "decay_rate"), (_POSITIVE, inf)),
    **dict.fromkeys(("drop", "drop_path", "momentum"), (0, 0.999)),
    "seed": (0, 2**32 - 1),
    "hid_S": (2, inf),
    "hid_T": (1, inf),
    "N_S": (2, inf),
    "N_T": (2, inf),
    "mlp_ratio": (1.001, inf),
    "spatio_kernel_enc": (1, inf),
    "spatio_kernel_dec": (1, inf),
}
_WHOLE = {
    "hidden",
    "passes",
    "refinements",
    "hid_S",
    "hid_T",
    "N_S",
    "N_T",
    "spatio_kernel_enc",
    "spatio_kernel_dec",
    "patch_size",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "sched": ("onecycle", "cosine", "tanh", "step"),  # OpenSTL's multistep takes no list of epochs, so it cannot run
    "opt": ("adam", "adamw", "nadam", "radam", "adamp", "rmsprop"),  # OpenSTL hands its others arguments they refuse
    "clip_mode": ("norm", "value"),
    "metric_for_bestckpt": ("val_loss", "train_loss"),
    "balance": BALANCES,
}


def check_settings(parser: argparse.ArgumentParser, values: dict[str, Any], source: str) -> None:
    """UserError for the first of ``values`` that has the wrong type, is out of range or does not fit the others."""
    reads = registry.dataset_of(values["method"])
    if registry.DATASETS[values["dataname"]]["protocol"] != reads:
        raise UserError(f"{source}: {values['method']} reads -d {reads}, not {values['dataname']}")
    for action in parser._actions:
        if action.dest in values:
            _check_type(action, values[action.dest], source)
    for key, (least, most) in _RANGES.items():
        value = values.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int if key in _WHOLE else (int, float)):
            raise UserError(f"{source}: {key} is {value!r}, expected a {'whole ' * (key in _WHOLE)}number")
        if not least <= value <= most:
            limits = "above 0" if least == _POSITIVE else f"at least {least}" if most == inf else f"{least} to {most}"
            raise UserError(f"{source}: {key} is {value}, expected {limits}")
    for key, choices in _CHOICES.items():
        require_known(key, values[key], choices)
    require_known("train_set", values["train_set"], training_sets(values["dataname"]))
    for name in values["test_sets"]:
        require_known("test set", name, scored_sets(values["dataname"]))
    if values["log_step"] > values["epoch"]:
        raise UserError(f"{source}: log_step is {values['log_step']}, more than the {values['epoch']} epochs to train")
    betas = values["opt_betas"]
    if betas is not None and (
        len(betas) != 2 or not all(0 <= beta < 1 for beta in betas) or values["opt"] == "rmsprop"
    ):
        raise UserError(f"{source}: opt_betas is {betas}, expected two numbers from 0 to below 1, for an Adam")
    if not values["ex_name"] or Path(values["ex_name"]).is_absolute() or ".." in Path(values["ex_name"]).parts:
        raise UserError(f"{source}: ex_name is {values['ex_name']!r}, expected the name of a folder below res_dir")
    if is_simvp(values["method"]):
        _check_simvp(values, source)
    if values["compile"] and not can_compile(values["method"]):
        raise UserError(
            f"{source}: compile is for the network of SimVP, which {values['method']} does not have; leave it out"
        )


def is_simvp(method: str) -> bool:
    """SimVP itself or one of our variants: they declare what they are built with. (TAU and WaST derive from it.)"""
    return method.lower() == "simvp" or host.method_maps[method.lower()] in registry.METHODS.values()


def model_of(method: str) -> type:
    """The network of a method for which `is_simvp` holds."""
    model: type = getattr(host.method_maps[method.lower()], "Model", host.SimVP_Model)
    return model


def can_compile(method: str) -> bool:
    """Whether ``--compile`` has something to compile: the host's network."""
    return is_simvp(method) and model_of(method) is host.SimVP_Model


def _check_type(action: argparse.Action, value: Any, source: str) -> None:
    if value is None:
        late = host.default_parser().get(action.dest, action.default)
        if late is not None:
            raise UserError(f"{source}: {action.dest} is None, expected a value such as {late!r}")
        return
    kind: Any = action.type or str
    if action.nargs == 0:
        expected, right = "True or False", isinstance(value, bool)
    elif action.nargs is not None:
        items = (int, float) if kind is float else kind
        right = isinstance(value, list | tuple) and bool(value) and all(isinstance(item, items) for item in value)
        expected = f"a list of {kind.__name__}"
    elif kind in (int, float, str):
        right = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
        expected = kind.__name__
    else:
        return
    if action.choices is not None and right and value not in action.choices:
        right, expected = False, f"one of {', '.join(map(str, action.choices))}"
    if not right:
        raise UserError(f"{source}: {action.dest} is {value!r}, expected {expected}")


def _check_simvp(values: dict[str, Any], source: str) -> None:
    for key in ("spatio_kernel_enc", "spatio_kernel_dec"):
        if values.get(key, 3) % 2 == 0:
            raise UserError(f"{source}: {key} is {values[key]}, expected an odd number")
    if values.get("hid_S", 2) % 2:
        raise UserError(f"{source}: hid_S is {values['hid_S']}, expected an even number")
    size, halvings = values["in_shape"][2:], values.get("N_S", 2) // 2
    if any(side % 2**halvings for side in size):
        raise UserError(f"{source}: images of {size} cannot be halved {halvings} times for N_S={values['N_S']}")
    known = {name.lower(): name for name in host.MODEL_TYPES}
    wish = values["model_type"]
    require_known(f"model_type of host {host.NAME}", known.get(wish.lower(), wish), known.values())
