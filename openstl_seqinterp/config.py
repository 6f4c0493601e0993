"""From the command line and a config file to the settings of a run.

The flags are the host's plus ours. A value given on the command line beats the config file, which beats the defaults:
always, unlike in OpenSTL, where it depends on the name and on whether the value equals zero. Unknown names are errors.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from . import device, host, registry
from .data.loaders import TEST_SETS, TRAIN_SETS
from .errors import Parser, UserError, nearest, require_known

CONFIGS = Path(__file__).resolve().parents[1] / "configs"

# Defaults of our commands where they differ from the host's.
_OURS: dict[str, Any] = {
    "dataname": "seqinterp",
    "ex_name": None,  # named after the run, so that test.py finds what train.py left
    "num_workers": 0,  # the data are in memory: handing batches between processes costs more than making them
}
# Keys of OpenSTL's configs for methods other than SimVP, which read them from a dict instead of declaring them.
_OTHER_METHODS = set(
    """
    patch_size stride filter_size num_hidden layer_norm scheduled_sampling sampling_stop_iter sampling_start_value
    sampling_changing_rate reverse_scheduled_sampling r_sampling_step_1 r_sampling_step_2 r_exp_alpha decouple_beta
    alpha tau sr_size model_mode cell_mode window_size num_heads embed_dim depths depths_upsample depths_downsample
    use_direct_predictor rrdb_enhance_num rrdb_encoder_num rrdb_decoder_num downsample_setting encoder_dim block_list
    loss_weight cutoff cutmode mlp_ratio spatio_kernel_enc spatio_kernel_dec hid_S hid_T N_S N_T
    """.split()  # noqa: SIM905
)


def build_parser() -> argparse.ArgumentParser:
    """The host's flags and ours, with the names of our data sets and of every registered method."""
    parser = Parser(
        parents=[host.create_parser()],
        conflict_handler="resolve",
        description="Interpolate and extrapolate image sequences.",
    )
    parser.add_argument("--dataname", "-d", type=str, help=f"data set: {', '.join(registry.DATASETS)}")
    parser.add_argument(
        "--method",
        "-m",
        type=str,
        default="SimVP",
        help=f"method: {', '.join(['SimVP', *registry.METHODS])}, or one of OpenSTL's",
    )
    add_plugin_flags(parser)
    parser.set_defaults(**_OURS)
    return parser


def add_plugin_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that the plugin adds to the host's."""
    group = parser.add_argument_group("seqinterp")
    group.add_argument("--train_set", default=TRAIN_SETS[0], help=f"one of {', '.join(TRAIN_SETS)}")
    group.add_argument(
        "--test_sets", nargs="+", default=TEST_SETS, help=f"any of {', '.join(TEST_SETS)} (default: all)"
    )
    group.add_argument(
        "--precision",
        default=device.AUTO,
        choices=[device.AUTO, *device.PRECISIONS],
        help="of training (default: what the device is fast in); scores are computed in fp32",
    )
    group.add_argument("--resume", action="store_true", default=False, help="go on from last.ckpt of the same command")


def model_keys(method: str) -> set[str]:
    """The config keys that a method's constructor and its model's understand."""
    if not _is_simvp(method):
        return _OTHER_METHODS
    signatures = (inspect.signature(cls).parameters.values() for cls in (host.method_maps[method], host.SimVP_Model))
    return {p.name for parameters in signatures for p in parameters if p.kind is not p.VAR_KEYWORD}


def _is_simvp(method: str) -> bool:
    """SimVP itself or one of our variants: they declare what they are built with. (TAU and WaST derive from it.)"""
    return method == "simvp" or host.method_maps[method] in registry.METHODS.values()


def find_config(dataname: str, method: str) -> Path:
    """``configs/DATANAME/METHOD.py`` below the working folder or beside the plugin, in any case; UserError if none."""
    for folder in (Path("configs") / dataname, CONFIGS / dataname):
        for path in sorted(folder.glob("*.py")):
            if path.stem.lower() == method.lower():
                return path
    raise UserError(
        f"there is no config {dataname}/{method}.py; name one with --config_file (there are: {_listing(dataname)})"
    )


def _listing(dataname: str) -> str:
    return ", ".join(str(path) for path in sorted((CONFIGS / dataname).glob("*.py")))


def read_config(path: Path) -> dict[str, Any]:
    """The keys of a config file in OpenSTL's form: a Python file of assignments. UserError where it cannot be read."""
    if not path.is_file():
        raise UserError(
            f"there is no config file {path}{nearest(path.stem, (p.stem for p in path.parent.glob('*.py')))}"
        )
    try:
        return Config.fromfile(str(path)).to_dict()
    except Exception as error:  # a config is code, so it can raise anything
        raise UserError(
            f"config {path} cannot be read: {type(error).__name__}: {' '.join(str(error).split())}"
        ) from error


def _given(parser: argparse.ArgumentParser, argv: Sequence[str]) -> dict[str, Any]:
    """What the command line says itself, without defaults."""
    flags = [flag for action in parser._actions for flag in action.option_strings]
    unset = object()
    namespace, extra = parser.parse_known_args(
        argv, argparse.Namespace(**dict.fromkeys(vars(parser.parse_args([])), unset))
    )
    if extra:
        raise UserError(f"unknown argument {extra[0]!r}{nearest(extra[0].split('=')[0], flags)} (--help lists all)")
    return {name: value for name, value in vars(namespace).items() if value is not unset}


def _check_keys(path: Path, config: dict[str, Any], method: str, settings: Iterable[str]) -> None:
    known = {*settings, *model_keys(method)}
    for key in config:
        if key not in known:
            raise UserError(f"config {path}: unknown key {key!r}{nearest(key, known)}")


def _check_values(parser: argparse.ArgumentParser, values: dict[str, Any], source: str) -> None:
    """Types as the flags declare them, and ranges that would fail late or train nothing."""
    for action in parser._actions:
        value, kind = values.get(action.dest), action.type
        if value is None or action.nargs is not None or kind not in (int, float, str):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else kind):
            raise UserError(f"{source}: {action.dest} is {value!r}, expected {kind.__name__}")
    for key in ("epoch", "batch_size", "val_batch_size", "log_step"):
        if values[key] < 1:
            raise UserError(f"{source}: {key} is {values[key]}, expected at least 1")
    if not 0 <= values["seed"] < 2**32:
        raise UserError(f"{source}: seed is {values['seed']}, expected 0 to {2**32 - 1}")
    if not 0 < values["lr"] < float("inf"):
        raise UserError(f"{source}: lr is {values['lr']}, expected a number above 0")


def _check_simvp(values: dict[str, Any], source: str) -> None:
    """What SimVP can be built with, so that a mistake does not end in an assertion of the host's."""
    for key, least in {"hid_S": 2, "hid_T": 1, "N_S": 2, "N_T": 2}.items():
        value = values.get(key, least)
        if not isinstance(value, int) or value < least or (key == "hid_S" and value % 2):
            raise UserError(
                f"{source}: {key} is {value!r}, expected a whole {'even ' * (key == 'hid_S')}number from {least}"
            )
    halvings = values.get("N_S", 4) // 2
    if any(side % 2**halvings for side in values["in_shape"][2:]):
        raise UserError(
            f"{source}: images of {values['in_shape'][2:]} cannot be halved {halvings} times for N_S={values['N_S']}"
        )
    known = {name.lower(): name for name in host.MODEL_TYPES}
    require_known(
        f"model_type of host {host.NAME}", known.get(values["model_type"].lower(), values["model_type"]), known.values()
    )


def resolve(argv: Sequence[str], *, test: bool = False) -> argparse.Namespace:
    """The settings of a run of ``tools/train.py`` (or ``tools/test.py``). UserError names what is wrong with them."""
    registry.register()
    parser = build_parser()
    defaults = vars(parser.parse_args([]))
    late = {
        key: value
        for key, value in host.default_parser().items()
        if defaults.get(key, value) is None and key not in _OURS
    }
    given = _given(parser, argv)

    dataname = given.get("dataname", defaults["dataname"])
    if dataname in host.dataset_parameters and dataname not in registry.DATASETS:
        raise UserError(f"-d {dataname} is OpenSTL's own data set; train on it with OpenSTL's tools/train.py")
    require_known("data set", dataname, registry.DATASETS)
    wish = given.get("method", defaults["method"])
    path = Path(given["config_file"]) if "config_file" in given else find_config(dataname, _known_method(wish))
    config = read_config(path)
    method = _known_method(given.get("method", config.get("method", wish)))
    fixed = registry.DATASETS[dataname]
    _check_keys(path, config, method.lower(), {*defaults, *fixed})
    for key, value in fixed.items():
        for source, values in ((f"config {path}", config), ("command line", given)):
            if key in values and values[key] != value:
                raise UserError(
                    f"{source}: {key}={values[key]!r} cannot be had with -d {dataname}, which has {value!r}"
                )

    values = {
        **defaults,
        **late,
        **fixed,
        **config,
        **given,
        "dataname": dataname,
        "method": method,
        "config_file": str(path),
    }
    source = f"config {path} and command line"
    _check_values(parser, values, source)
    if _is_simvp(method.lower()):
        _check_simvp(values, source)
    require_known("training set", values["train_set"], TRAIN_SETS)
    for name in values["test_sets"]:
        require_known("test set", name, TEST_SETS)
    if given.get("device", "cpu") not in ("cpu", device.CUDA) or (
        given.get("device") == device.CUDA and device.accelerator(device.CUDA) == "cpu"
    ):
        raise UserError(f"--device {given['device']} is not there; leave it out and the device is chosen by itself")
    values["ex_name"] = values["ex_name"] or "_".join(
        [dataname, path.stem if method.lower() in path.stem.lower() else f"{method}_{path.stem}", values["train_set"]]
    )
    values["test"] = test
    return argparse.Namespace(**values)


def _known_method(name: str) -> str:
    names = registry.method_names()
    if name.lower() not in names:
        others = "; OpenSTL's other methods need OpenSTL, see docs/openstl.md" * host.NAME.startswith("embedded")
        raise UserError(
            f"unknown method {name!r}{nearest(name, names.values())} (known: {', '.join(names.values())}{others})"
        )
    return names[name.lower()]
