"""From the command line and a config file to the settings of a run.

The flags are the host's plus the plugin's. The command line always beats the config file, which beats the defaults; in
OpenSTL, that depends on the name and on whether the value equals zero. Unknown names are errors.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import torch

from . import device, host, registry
from .checkpoint import load_checkpoint
from .config_file import find_config, named_config, read_config
from .data.sets import default_test_sets, scored_sets, training_sets
from .errors import Parser, UserError, nearest, require_known
from .protocols import INFILL, ONE_SIDED
from .settings import Balance, Logger, Precision, RunSettings, check
from .shipped import SHIPPED, named_checkpoint

# Defaults of the plugin's commands where they differ from the host's.
_OURS: dict[str, Any] = {
    "dataname": None,  # what the method reads
    "ex_name": None,  # named after the run, so that test.py finds what train.py left
    "num_workers": 0,  # data are in memory: passing batches between processes costs more than making them
}


def build_parser(prog: str | None = None) -> argparse.ArgumentParser:
    """The host's flags and the plugin's. Data sets and methods are checked later: some are in the data root."""
    parser = _extended(host.create_parser(), prog)
    parser.set_defaults(**_OURS)
    return parser


def script_parser(upstream: Callable[[], argparse.ArgumentParser]) -> Callable[[], argparse.ArgumentParser]:
    """A parser for OpenSTL's scripts: their flags and defaults, any name, and our flags."""
    return lambda: _extended(upstream())


def _extended(base: argparse.ArgumentParser, prog: str | None = None) -> argparse.ArgumentParser:
    defaults = vars(base.parse_args([]))
    parser = Parser(
        prog=prog,
        parents=[base],
        conflict_handler="resolve",
        description="Interpolate and extrapolate sequences.",
    )
    names = f"{ONE_SIDED.name}, {INFILL.name}, or an imported one"
    parser.add_argument("--dataname", "-d", default=defaults["dataname"], help=f"data set: {names}")
    names = f"{', '.join(['SimVP', *registry.METHODS])}, or one of OpenSTL's"
    parser.add_argument("--method", "-m", default=defaults["method"], help=f"method: {names}")
    group = parser.add_argument_group("seqinterp")
    training, testing = training_sets(ONE_SIDED.name), scored_sets(ONE_SIDED.name)
    some, switch = {"nargs": "+"}, {"action": "store_true", "default": False}
    flags: dict[str, tuple[str, dict[str, Any]]] = {
        "train_set": (f"one of {', '.join(training)}; for your own data, NAME or NAME-* (default: the first)", {}),
        "test_sets": (f"any of {', '.join(testing)} (default: those of the paper)", some),
        "balance": ("velocity: slow and fast motion count equally (default: none)", {"default": get_args(Balance)[0]}),
        "epoch_cases": ("training cases that an epoch draws (default: each case once)", {"type": int}),
        "precision": ("training precision (default: what the device is fast in); scores are in fp32",
                      {"default": device.AUTO, "choices": get_args(Precision)}),
        "compile": ("train SimVP networks with torch.compile; meant for a GPU", switch),
        "logger": ("where the training curves go, in the run's folder (default: csv)",
                   {**some, "default": ["csv"], "choices": get_args(Logger)}),
        "resume": ("continue from the last.ckpt of the same command", switch),
    }  # fmt: skip
    for name, (text, how) in flags.items():
        group.add_argument(f"--{name}", help=text, **how)
    group.add_argument(
        "--from", dest="initial", metavar="CHECKPOINT", help=f"train on from its weights; {SHIPPED}: the package's own"
    )
    return parser


def _given(parser: argparse.ArgumentParser, argv: Sequence[str]) -> dict[str, Any]:
    """What the command line sets, without defaults."""
    names, unset = vars(parser.parse_args([])), object()
    namespace, extra = parser.parse_known_args(argv, argparse.Namespace(**dict.fromkeys(names, unset)))
    if extra:
        flags = [f"--{name}" for name in names]
        raise UserError(f"unknown argument {extra[0]!r}{nearest(extra[0].split('=')[0], flags)} (--help lists all)")
    return {name: value for name, value in vars(namespace).items() if value is not unset}


def _check_keys(path: Path, config: dict[str, Any], method: str, settings: Iterable[str]) -> None:
    """UserError, with the nearest name, for a key that neither flags nor method know."""
    model = registry.abilities(method).settings
    known = {*settings, *(model.model_fields if model else ())}
    for key in config:
        if key not in known:
            raise UserError(f"config {path}: unknown key {key!r}{nearest(key, known)}")


def check_settings(values: dict[str, Any], source: str) -> None:
    """Fill in the data set's default sets. UserError for the first of ``values`` that cannot work."""
    abilities = registry.abilities(values["method"])
    if values["protocol"] != abilities.protocol.name:
        raise UserError(f"{source}: {values['method']} reads -d {abilities.protocol.name}, not {values['dataname']}")
    if values["train_set"] is None:
        values["train_set"] = training_sets(values["dataname"])[0]
    if values["test_sets"] is None:
        values["test_sets"] = default_test_sets(values["dataname"])
    check(RunSettings, values, source)
    require_known("train_set", values["train_set"], training_sets(values["dataname"]))
    for name in values["test_sets"]:
        require_known("test set", name, scored_sets(values["dataname"]))
    if not values["ex_name"] or Path(values["ex_name"]).is_absolute() or ".." in Path(values["ex_name"]).parts:
        raise UserError(f"{source}: ex_name is {values['ex_name']!r}, expected the name of a folder below res_dir")
    types = {name.lower(): name for name in registry.model_types(values["method"])}
    if types:
        request = values["model_type"]
        owner = f"host {host.NAME}" if abilities.compiles else values["method"]
        require_known(f"model_type of {owner}", types.get(request.lower(), request), types.values())
    if abilities.settings is not None:
        check(abilities.settings, values, source)
    if values["compile"] and not abilities.compiles:
        raise UserError(
            f"{source}: compile works on SimVP networks, which {values['method']} does not use; leave it out"
        )


def check_script_settings(args: argparse.Namespace, view: registry.View) -> None:
    """UserError for settings, merged by OpenSTL's script, that cannot work: it ignores an unreadable config."""
    source, values = "settings", {**vars(args), **view.parameters, "method": known_method(args.method)}
    if args.config_file is not None:
        path = Path(args.config_file)
        source = f"config {path} and command line"
        flags = vars(script_parser(host.create_parser)().parse_args([]))
        _check_keys(path, read_config(path), args.method, {*flags, *view.parameters})
    check_settings(values, source)
    args.train_set, args.test_sets = values["train_set"], values["test_sets"]


def resolve(argv: Sequence[str], *, test: bool = False, prog: str | None = None) -> argparse.Namespace:
    """The settings of a run of ``tools/train.py`` (or ``tools/test.py``). UserError names what is wrong with them."""
    registry.register()
    parser = build_parser(prog)
    defaults = vars(parser.parse_args([]))
    late = {key: value for key, value in host.default_parser().items() if defaults[key] is None and key not in _OURS}
    given = _given(parser, argv)

    requested = known_method(given.get("method", defaults["method"]))
    named = given.get("config_file")
    path = named_config(Path(named)) if named else find_config(requested, "initial" in given)
    config = read_config(path)
    method = known_method(given.get("method", config.get("method", requested)))
    dataname = given.get("dataname", config.get("dataname", registry.abilities(method).protocol.name))
    view = _view(dataname, method, given.get("data_root", config.get("data_root", defaults["data_root"])))
    _check_keys(path, config, method, {*defaults, *view.parameters} - {"test", "config_file"})
    for key, value in view.parameters.items():
        for source, values in ((f"config {path}", config), ("command line", given)):
            if key in values and values[key] != value:
                raise UserError(f"{source}: {key}={values[key]!r} does not fit -d {dataname}, which has {value!r}")

    started = _network(given.get("initial", config.get("initial")), method)
    values = {**defaults, **late, **view.parameters, **config, **started, **given}
    values.update(dataname=dataname, method=method, config_file=str(path), test=test)
    unnamed = values["ex_name"] is None
    values["ex_name"] = values["ex_name"] or dataname
    check_settings(values, f"config {path} and command line")
    if unnamed:
        network = path.stem if method.lower() in path.stem.lower() else f"{method}_{path.stem}"
        values["ex_name"] = f"{dataname}_{network}_{values['train_set']}"
    wanted = given.get("device", config.get("device", "cpu"))
    if wanted not in ("cpu", device.CUDA) or (wanted == device.CUDA and device.accelerator(wanted) == "cpu"):
        raise UserError(f"--device {wanted} is not available; leave it out to choose the device automatically")
    there = torch.cuda.device_count() if wanted == device.CUDA or "device" not in {**given, **config} else 0
    for gpu in values["gpus"] if values["gpus"] != defaults["gpus"] else ():
        if not 0 <= gpu < there:
            raise UserError(f"--gpus {gpu} is not there (GPUs here: {there}); leave it out and one is chosen")
    return argparse.Namespace(**values)


def _network(initial: str | None, method: str) -> dict[str, Any]:
    """The settings of the network of the checkpoint that training is to start from."""
    if initial is None:
        return {}
    settings = load_checkpoint(named_checkpoint(initial))["hyper_parameters"]
    if settings["method"].lower() != method.lower():
        raise UserError(f"--from {initial} is of method {settings['method']}, not {method}; name another one")
    model = registry.abilities(method).settings
    keys = {"model_type", *(model.model_fields if model else ())} - {"in_shape"}
    return {key: settings[key] for key in keys & settings.keys()}


def _view(name: str, method: str, data_root: str) -> registry.View:
    view = registry.find(name, method, data_root)
    if view is not None:
        return view
    if name in host.dataset_parameters:
        raise UserError(f"-d {name} is OpenSTL's own data set; train on it with OpenSTL's tools/train.py")
    raise UserError(
        f"unknown data set {name!r}{nearest(name, registry.DATASETS)} "
        f"(known: {', '.join(registry.DATASETS)}, and those imported into {data_root}"
        f"{'' if Path(data_root).is_dir() else ', which is no folder'})"
    )


def known_method(name: Any) -> str:
    """The display name of a registered method; UserError if there is none."""
    names = registry.method_names()
    if not isinstance(name, str) or name.lower() not in names:
        others = "; OpenSTL's other methods need OpenSTL, see docs/openstl.md" * host.EMBEDDED
        raise UserError(
            f"unknown method {name!r}{nearest(str(name), names.values())} "
            f"(known: {', '.join(dict.fromkeys(names.values()))}{others})"
        )
    return names[name.lower()]
