"""From the command line and a config file to the settings of a run.

The flags are the host's plus ours. A value given on the command line beats the config file, which beats the defaults:
always, unlike in OpenSTL, where it depends on the name and on whether the value equals zero. Unknown names are errors.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from . import device, host, registry
from .checks import check_settings, is_simvp, model_of
from .data.loaders import BALANCES, INFILL, ONE_SIDED, is_own, scored_sets, training_sets
from .errors import Parser, UserError, nearest, one_line, require_known

_HERE = Path(__file__).resolve().parent
CONFIGS = next(
    (f for f in (_HERE / "configs", _HERE.parent / "configs") if f.is_dir()), _HERE
)  # of a wheel, or a clone

# Defaults of our commands where they differ from the host's.
_OURS: dict[str, Any] = {
    "dataname": None,  # what the method reads
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
    parser.add_argument("--dataname", "-d", type=str, help=f"data set: {ONE_SIDED}, {INFILL}, or one that was imported")
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
    training, testing = training_sets(ONE_SIDED), scored_sets(ONE_SIDED)
    group.add_argument(
        "--train_set", default=training[0], help=f"one of {', '.join(training)}; for own data, of NAME-*"
    )
    group.add_argument("--test_sets", nargs="+", default=testing, help=f"any of {', '.join(testing)} (default: all)")
    group.add_argument(
        "--balance",
        default=BALANCES[0],
        help="velocity: draw training sequences so that slow and fast motion count equally (default: none)",
    )
    group.add_argument("--epoch_cases", type=int, help="training cases that an epoch draws (default: each once)")
    group.add_argument(
        "--precision",
        default=device.AUTO,
        choices=[device.AUTO, *device.PRECISIONS],
        help="of training (default: what the device is fast in); scores are computed in fp32",
    )
    group.add_argument(
        "--compile", action="store_true", default=False, help="train a network of SimVP's by torch.compile, for a GPU"
    )
    group.add_argument("--resume", action="store_true", default=False, help="go on from last.ckpt of the same command")


def script_parser(theirs: Callable[[], argparse.ArgumentParser]) -> Callable[[], argparse.ArgumentParser]:
    """A parser for OpenSTL's own scripts: their flags and defaults, their names and ours."""

    def build() -> argparse.ArgumentParser:
        parser = Parser(parents=[theirs()], conflict_handler="resolve")
        registry.extend_choices(parser)
        add_plugin_flags(parser)
        return parser

    return build


def check_script_settings(args: argparse.Namespace) -> None:
    """UserError for settings, merged by a script of OpenSTL's, that cannot work; it swallows an unreadable config."""
    parser, source = script_parser(host.create_parser)(), "settings"
    values = {**vars(args), **registry.DATASETS[args.dataname], "method": _known_method(args.method)}
    if args.config_file is not None:
        path = Path(args.config_file)
        source = f"config {path} and command line"
        settings = {*vars(parser.parse_args([])), *registry.DATASETS[args.dataname]}
        check_keys(path, read_config(path), args.method.lower(), settings)
    check_settings(parser, values, source)


def model_keys(method: str) -> set[str]:
    """The config keys that a method's constructor and its model's understand."""
    if not is_simvp(method):
        return _OTHER_METHODS
    cls = host.method_maps[method]
    classes = (cls, model_of(method))
    signatures = (inspect.signature(each).parameters.values() for each in classes)
    return {p.name for parameters in signatures for p in parameters if p.kind is not p.VAR_KEYWORD}


def find_config(method: str) -> Path:
    """``configs/seqinterp/METHOD.py`` below the working folder or beside the plugin, in any case; UserError if none."""
    for folder in (Path("configs") / ONE_SIDED, CONFIGS / ONE_SIDED):
        for path in sorted(folder.glob("*.py")):
            if path.stem.lower() == method.lower():
                return path
    raise UserError(
        f"there is no config {ONE_SIDED}/{method}.py; name one with --config_file (there are: {_listing()})"
    )


def named_config(path: Path) -> Path:
    """``path``, or the plugin's own config of that name where there is no such file: one may stand anywhere."""
    own = (CONFIGS / ONE_SIDED / path.name).with_suffix(".py")
    return own if own.is_file() and not path.is_file() else path


def _listing() -> str:
    return ", ".join(str(path) for path in sorted((CONFIGS / ONE_SIDED).glob("*.py")))


def read_config(path: Path) -> dict[str, Any]:
    """The keys of a config file in OpenSTL's form: a Python file of assignments. UserError where it cannot be read."""
    if not path.is_file():
        raise UserError(
            f"there is no config file {path}{nearest(path.stem, (p.stem for p in path.parent.glob('*.py')))}"
        )
    try:
        return Config.fromfile(str(path)).to_dict()
    except (Exception, SystemExit) as error:  # a config is code, so it can raise anything
        raise UserError(f"config {path} cannot be read: {type(error).__name__}: {one_line(error)}") from error


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


def check_keys(path: Path, config: dict[str, Any], method: str, settings: Iterable[str]) -> None:
    """UserError for a key that neither the flags nor the method know, with the nearest one."""
    known = {*settings, *model_keys(method)}
    for key in config:
        if key not in known:
            raise UserError(f"config {path}: unknown key {key!r}{nearest(key, known)}")


def resolve(argv: Sequence[str], *, test: bool = False) -> argparse.Namespace:
    """The settings of a run of ``tools/train.py`` (or ``tools/test.py``). UserError names what is wrong with them."""
    registry.register()
    parser = build_parser()
    defaults = vars(parser.parse_args([]))
    late = {key: value for key, value in host.default_parser().items() if defaults[key] is None and key not in _OURS}
    given = _given(parser, argv)

    root = Path(given.get("data_root", defaults["data_root"]))
    if "dataname" in given:
        _check_dataname(given["dataname"], root)
    wish = _known_method(given.get("method", defaults["method"]))
    path = named_config(Path(given["config_file"])) if "config_file" in given else find_config(wish)
    config = read_config(path)
    method = _known_method(given.get("method", config.get("method", wish)))
    dataname = given.get("dataname", config.get("dataname", registry.dataset_of(method)))
    _check_dataname(dataname, root)
    if is_own(root, dataname):
        registry.use_own(root, dataname, method)
        defaults.update(train_set=training_sets(dataname)[0], test_sets=scored_sets(dataname))
    fixed = registry.DATASETS[dataname]
    check_keys(path, config, method.lower(), {*defaults, *fixed} - {"test", "config_file"})
    for key, value in fixed.items():
        for source, values in ((f"config {path}", config), ("command line", given)):
            if key in values and values[key] != value:
                raise UserError(
                    f"{source}: {key}={values[key]!r} cannot be had with -d {dataname}, which has {value!r}"
                )

    values = {**defaults, **late, **fixed, **config, **given}
    values.update(dataname=dataname, method=method, config_file=str(path), test=test)
    if values["ex_name"] is None:
        network = path.stem if method.lower() in path.stem.lower() else f"{method}_{path.stem}"
        values["ex_name"] = f"{dataname}_{network}_{values['train_set']}"
    check_settings(parser, values, f"config {path} and command line")
    wanted = given.get("device", config.get("device", "cpu"))
    if wanted not in ("cpu", device.CUDA) or (wanted == device.CUDA and device.accelerator(wanted) == "cpu"):
        raise UserError(f"--device {wanted} is not there; leave it out and the device is chosen by itself")
    return argparse.Namespace(**values)


def _check_dataname(name: str, data_root: Path) -> None:
    if is_own(data_root, name):
        return
    if name in host.dataset_parameters and name not in registry.DATASETS:
        raise UserError(f"-d {name} is OpenSTL's own data set; train on it with OpenSTL's tools/train.py")
    require_known("data set", name, registry.DATASETS)


def _known_method(name: Any) -> str:
    names = registry.method_names()
    if not isinstance(name, str) or name.lower() not in names:
        others = "; OpenSTL's other methods need OpenSTL, see docs/openstl.md" * host.EMBEDDED
        raise UserError(
            f"unknown method {name!r}{nearest(str(name), names.values())} (known: {', '.join(names.values())}{others})"
        )
    return names[name.lower()]
