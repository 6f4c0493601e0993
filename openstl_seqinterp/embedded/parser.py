"""OpenSTL's command line: its flags, their types and defaults, as one table.

``create_parser`` and ``default_parser`` differ in OpenSTL: some flags default to None on the command line, so that a
config file may set them; if it does not, ``default_parser`` gives their value. Those are listed in LATE.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any


def _truth(text: str) -> bool:
    """The word after OpenSTL's ``--filter_bias_and_bn`` (in OpenSTL any word, even "False", means true)."""
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


# flag: (type or bool for a switch, default, help)
FLAGS: dict[str, tuple[Any, Any, str]] = {
    "device": (str, "cuda", "device to compute on (cuda or cpu)"),
    "dist": (bool, False, "distributed training"),
    "res_dir": (str, "work_dirs", "folder of all runs"),
    "ex_name": (str, "Debug", "folder of this run"),
    "fp16": (bool, False, "mixed precision in float16"),
    "torchscript": (bool, False, "use a torchscripted model"),
    "seed": (int, 42, "random seed"),
    "fps": (bool, False, "measure inference speed"),
    "test": (bool, False, "only test"),
    "deterministic": (bool, False, "deterministic algorithms"),
    "batch_size": (int, 16, "training batch size"),
    "val_batch_size": (int, 16, "validation batch size"),
    "num_workers": (int, 4, "loader processes"),
    "data_root": (str, "./data", "folder of all data sets"),
    "dataname": (str, "mmnist", "data set"),
    "pre_seq_length": (int, None, "frames given"),
    "aft_seq_length": (int, None, "frames predicted"),
    "total_length": (int, None, "frames given and predicted"),
    "use_augment": (bool, False, "augment training images"),
    "use_prefetcher": (bool, False, "prefetch batches"),
    "drop_last": (bool, False, "drop the last, smaller batch"),
    "method": (str, "SimVP", "method to train"),
    "config_file": (str, None, "config file"),
    "model_type": (str, None, "translator of SimVP"),
    "drop": (float, 0.0, "dropout rate"),
    "drop_path": (float, 0.0, "stochastic depth rate"),
    "overwrite": (bool, False, "let the command line overwrite the config file"),
    "epoch": (int, None, "number of epochs"),
    "log_step": (int, 1, "epochs between checkpoints"),
    "opt": (str, "adam", "optimizer"),
    "opt_eps": (float, None, "optimizer epsilon"),
    "opt_betas": (list, None, "optimizer betas"),
    "momentum": (float, 0.9, "momentum of SGD"),
    "weight_decay": (float, 0.0, "weight decay"),
    "clip_grad": (float, None, "gradient clipping"),
    "clip_mode": (str, "norm", "norm or value"),
    "no_display_method_info": (bool, False, "do not describe the model"),
    "sched": (str, None, "learning rate schedule"),
    "lr": (float, None, "learning rate"),
    "lr_k_decay": (float, 1.0, "k-decay of the cosine schedule"),
    "warmup_lr": (float, 1e-5, "learning rate at the start of warm-up"),
    "min_lr": (float, 1e-6, "lowest learning rate"),
    "final_div_factor": (float, 1e4, "first learning rate of onecycle over its last"),
    "warmup_epoch": (int, 0, "epochs of warm-up"),
    "decay_epoch": (float, 100, "epochs between decays"),
    "decay_rate": (float, 0.1, "factor of a decay"),
    "filter_bias_and_bn": (_truth, False, "no weight decay for biases and norms"),
    "gpus": (list, [0], "indices of the GPUs"),
    "metric_for_bestckpt": (str, "val_loss", "what the best checkpoint minimises"),
    "ckpt_path": (str, None, "checkpoint to start from"),
}
LATE = {
    "pre_seq_length": 10,
    "aft_seq_length": 10,
    "total_length": 20,
    "model_type": "gSTA",
    "epoch": 200,
    "sched": "onecycle",
    "lr": 1e-3,
}
SHORT = {
    "ex_name": "-ex",
    "batch_size": "-b",
    "val_batch_size": "-vb",
    "dataname": "-d",
    "method": "-m",
    "config_file": "-c",
    "epoch": "-e",
    "decay_rate": "--dr",
}
LIST_TYPES = {"opt_betas": float, "gpus": int}


def create_parser() -> ArgumentParser:
    """A parser of OpenSTL's flags."""
    parser = ArgumentParser()
    for name, (kind, default, text) in FLAGS.items():
        names = [f"--{name}", *([SHORT[name]] if name in SHORT else [])]
        if kind is bool:
            parser.add_argument(*names, action="store_true", help=text)
        elif kind is list:
            parser.add_argument(*names, nargs="+", type=LIST_TYPES[name], default=default, help=text)
        else:
            parser.add_argument(*names, type=kind, default=default, help=text)
    return parser


def default_parser() -> dict[str, Any]:
    """The value of each flag that neither command line nor config file sets."""
    return {name: LATE.get(name, default) for name, (_, default, _) in FLAGS.items()}
