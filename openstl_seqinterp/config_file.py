"""Config files: where they are, and what they hold. In OpenSTL's form, a Python file of assignments."""

from __future__ import annotations

import ast
import traceback
from itertools import product
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .errors import UserError, nearest, one_line

_HERE = Path(__file__).resolve().parent
CONFIGS = next(
    (f for f in (_HERE / "configs", _HERE.parent / "configs") if f.is_dir()), _HERE
)  # in a wheel, or a clone
_FOLDER = "seqinterp"  # of this plugin's configs, in any folder of configs
_EXPECTED = "expected assignments, such as: lr = 1e-3"


def find_config(method: str, tune: bool = False) -> Path:
    """``configs/seqinterp/METHOD.py`` in the working folder or beside the plugin, in any case; UserError if none.

    To ``tune`` given weights, ``METHOD_tune.py`` comes first.
    """
    stems = [f"{method}{suffix}".lower() for suffix in (["_tune", ""] if tune else [""])]
    for stem, folder in product(stems, (Path("configs") / _FOLDER, CONFIGS / _FOLDER)):
        for path in sorted(folder.glob("*.py")):
            if path.stem.lower() == stem:
                return path
    listing = ", ".join(str(path) for path in sorted((CONFIGS / _FOLDER).glob("*.py")))
    raise UserError(f"there is no config {_FOLDER}/{method}.py; name one with --config_file (there are: {listing})")


def named_config(path: Path) -> Path:
    """``path``, or, if there is no such file, the plugin's own config of that name."""
    own = (CONFIGS / _FOLDER / path.name).with_suffix(".py")
    return own if own.is_file() and not path.is_file() else path


def read_config(path: Path) -> dict[str, Any]:
    """The keys of a config file and of those that it names as its ``_base_``. UserError if it cannot be read."""
    if not path.is_file():
        raise UserError(
            f"there is no config file {path}{nearest(path.stem, (p.stem for p in path.parent.glob('*.py')))}"
        )
    if path.suffix != ".py":
        raise UserError(f"config {path} is no .py; write it as a Python file of assignments, such as: lr = 1e-3")
    _check(path, ())
    try:
        return Config.fromfile(str(path), lazy_import=False).to_dict()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a config is code, so it can raise anything
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == "<module>"]
        where = f" ({Path(own[0].filename).name}, line {own[0].lineno})" if own else ""
        raise UserError(
            f"config {path} cannot be read: {type(error).__name__}: {one_line(error)}{where}; {_EXPECTED}"
        ) from error


def _check(path: Path, above: tuple[Path, ...]) -> None:
    """UserError unless a config, which those ``above`` build on, and its bases can be parsed, and need no package.

    mmengine finds the same, but names temporary copies, or its own variables.
    """
    if path.resolve() in above:
        raise UserError(f"config {path} builds on itself by way of {above[-1]}; take it out of _base_ there")
    try:
        content = path.read_bytes().decode()
        if content.startswith("\ufeff"):
            raise UserError(f"config {path} begins with a byte order mark; save it as UTF-8 without one")
        tree = ast.parse(content, path.name)
    except UnicodeDecodeError as error:
        raise UserError(f"config {path} is not UTF-8 (byte {error.start + 1}); save it as such") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
        raise UserError(
            f"config {path} cannot be read: {type(error).__name__}: {one_line(error)}; {_EXPECTED}"
        ) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            other = "../" * (node.level - 1) + (node.module or node.names[0].name).replace(".", "/") + ".py"
            raise UserError(
                f"config {path}, line {node.lineno}: an import relative to a package, to which no config belongs; "
                f"to build on another config, write _base_ = {other!r}"
            )
    for name in _bases(path, tree):
        base = path.parent / name
        if "::" in name:  # of an installed package: mmengine finds it
            continue
        if not base.is_file():
            raise UserError(f"config {path}: its _base_ {name!r} is not there (looked for {base}); correct the name")
        if base.suffix == ".py":
            _check(base, (*above, path.resolve()))


def _bases(path: Path, tree: ast.Module) -> list[str]:
    """What a config names as its ``_base_``. UserError where that is no list of names."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_base_":
            try:
                named = ast.literal_eval(node.value)
            except ValueError:  # an expression: mmengine evaluates it
                return []
            names = named if isinstance(named, list | tuple) else [named]
            if not all(isinstance(name, str) for name in names):
                raise UserError(f"config {path}: _base_ is {named!r}, expected the name of a config, or a list of them")
            return list(names)
    return []
