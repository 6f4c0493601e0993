"""``seqinterp export``: a trained network as a file that other programs run.

An ONNX file holds the network alone: what it is given, and how images come from what it gives, is in docs/scale.md and
in the metadata of the file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from .._version import __version__
from ..errors import Parser, UserError, one_line, require_known
from ..files import atomic
from ..shipped import named_checkpoint
from .fill.network import load_method
from .io.extras import ONNX, extra

_CLOSE = 1e-4  # of outputs, most of which are in [0, 1]: how far onnxruntime may be from PyTorch
_BATCHES = (2, 1)  # of the two inputs that are compared


class Part(NamedTuple):
    """What is exported of a method: a ``network`` of ``shape`` (T, C, H, W), images and planes, and what it reads."""

    network: nn.Module
    shape: tuple[int, ...]
    reads: str


def command(argv: Sequence[str]) -> None:
    """Write the network of a checkpoint in another form."""
    parser = Parser(prog="seqinterp export", description="Write a trained network in a form that other programs run.")
    parser.add_argument("checkpoint", help="best.ckpt of a run; shipped: the package's own weights")
    parser.add_argument("--to", required=True, help=f"the form: {', '.join(_FORMS)}")
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    args = parser.parse_args(argv)
    require_known("--to", args.to, _FORMS)
    if args.out.exists() and not args.overwrite:
        raise UserError(f"{args.out} is there already; name another file, or add --overwrite")
    print(_FORMS[args.to](named_checkpoint(args.checkpoint), args.out))


def to_onnx(checkpoint: Path, out: Path) -> str:
    """Write the network of a ``checkpoint`` to ``out``, whole and compared with PyTorch, or not at all; what to say.

    Its input ``frames`` is float32 (B, T, C, H, W), with any B, and any H and W that are multiples of ``multiple`` in
    the metadata where the network works on other sizes than it was trained on; its output is ``predicted``. UserError
    where the extra ``onnx`` is missing, or ONNX has no form of the network.
    """
    with extra(ONNX, "--to onnx"):
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401 - the exporter needs it
    method, name, abilities, settings, _ = load_method(checkpoint, "cpu")
    part, multiple = _part(name, method.model.eval(), settings), 2 ** (settings.get("N_S", 0) // 2)
    frames, channels, *size = part.shape
    other = (
        tuple(side + multiple * step for side, step in zip(size, (1, 2), strict=True)) if abilities.any_size else size
    )
    generator = torch.Generator().manual_seed(0)
    inputs = [
        torch.rand(batch, frames, channels, *sides, generator=generator)
        for batch, sides in zip(_BATCHES, (size, other), strict=True)
    ]
    dynamic = {0: "batch"} | ({3: "height", 4: "width"} if abilities.any_size else {})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program: Any = torch.onnx.export(
                part.network,
                (inputs[0],),
                dynamo=True,
                dynamic_shapes=(dynamic,),
                input_names=["frames"],
                output_names=["predicted"],
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise UserError(f"{checkpoint}: {name} cannot be exported ({one_line(error)}); no form for ONNX") from error
    model = program.model_proto
    about = {"method": name, "reads": part.reads, "multiple": str(multiple), "openstl_seqinterp": __version__}
    onnx.helper.set_model_props(model, about)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    run: Callable[..., Any] = session.run
    worst = max(_difference(part.network, run, each) for each in inputs)
    if not worst <= _CLOSE:
        raise UserError(f"{checkpoint}: onnxruntime differs from PyTorch by {worst:.2g}, expected at most {_CLOSE:g}")
    with atomic(out) as temporary:
        onnx.save(model, temporary)
    sizes = f"sizes that are multiples of {multiple}" if abilities.any_size else f"{size[1]}x{size[0]}"
    return f"wrote {out}: {name}, {part.reads}, any batch, {sizes}; onnxruntime differs from PyTorch by {worst:.1e}"


_FORMS: dict[str, Callable[[Path, Path], str]] = {"onnx": to_onnx}


def _part(name: str, model: Any, settings: dict[str, Any]) -> Part:
    """The whole model, or of SimVP_Motion what is a network: the motion of images is no part of it."""
    shape = tuple(int(side) for side in settings["in_shape"])
    if name == "SimVP_Motion":
        from ..methods.motion_frames import PLANES

        frames = len(model.bias_of_frames())
        return Part(model.network, (frames, PLANES, *model.reduced(shape[2:])), "planes of moved images")
    return Part(model, shape, "images")


def _difference(network: nn.Module, run: Callable[..., Any], frames: torch.Tensor) -> float:
    """The largest difference between onnxruntime and PyTorch; infinite where the shapes differ."""
    with torch.no_grad():
        expected = network(frames).numpy()
    (found,) = run(None, {"frames": frames.numpy()})
    return float(np.abs(found - expected).max()) if found.shape == expected.shape else float("inf")
